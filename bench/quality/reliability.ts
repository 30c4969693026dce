/** How often pairs with about one probability are right. */
export interface ReliabilityBin {
  readonly from: number;
  readonly to: number;
  readonly pairs: number;
  /** The mean of their probabilities, and the part of them that shows the same picture. */
  readonly predicted: number;
  readonly observed: number;
}

interface Rated {
  readonly probability: number;
  readonly isSame: boolean;
}

const LIMITS = [0, 0.02, 0.1, 0.3, 0.5, 0.7, 0.9, 0.98, 1];

/** Bins that have pairs, the least probable first. */
export const reliability = (pairs: readonly Rated[]): ReliabilityBin[] =>
  LIMITS.slice(1).flatMap((to, index) => {
    const from = LIMITS[index] ?? 0;
    const own = pairs.filter(({ probability }) => probability >= from && (probability < to || to === 1));
    if (own.length === 0) return [];
    const mean = (of: (pair: Rated) => number): number => own.reduce((sum, pair) => sum + of(pair), 0) / own.length;
    const predicted = mean(({ probability }) => probability);
    return [{ from, to, pairs: own.length, predicted, observed: mean(({ isSame }) => Number(isSame)) }];
  });

/** The mean distance of predicted from observed parts, by pairs (expected calibration error: Naeini et al., 2015). */
export const calibrationError = (bins: readonly ReliabilityBin[]): number => {
  const all = bins.reduce((sum, { pairs }) => sum + pairs, 0);
  return bins.reduce((sum, { pairs, predicted, observed }) => sum + (pairs / all) * Math.abs(predicted - observed), 0);
};

const [SIDE, MARGIN] = [420, 52] as const;

/** Observed parts over predicted ones; a circle's area is its number of pairs. One SVG document. */
export const drawReliability = (bins: readonly ReliabilityBin[]): string => {
  const inner = SIDE - 2 * MARGIN;
  const x = (part: number): string => (MARGIN + part * inner).toFixed(1);
  const y = (part: number): string => (MARGIN + (1 - part) * inner).toFixed(1);
  const circles = bins.map(
    ({ pairs, predicted, observed }) =>
      `<circle cx="${x(predicted)}" cy="${y(observed)}" r="${(2 + Math.log2(pairs)).toFixed(1)}" fill="#1b6ac9" fill-opacity="0.7"/>`,
  );
  const labels = [0, 0.5, 1].flatMap((part) => [
    `<text x="${x(part)}" y="${SIDE - MARGIN + 18}" text-anchor="middle">${part}</text>`,
    `<text x="${MARGIN - 8}" y="${y(part)}" text-anchor="end">${part}</text>`,
  ]);
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${SIDE}" height="${SIDE}" viewBox="0 0 ${SIDE} ${SIDE}" font-family="sans-serif" font-size="12">
<title>Reliability of the probability of pairs</title>
<rect width="100%" height="100%" fill="#fff"/>
<path d="M${x(0)} ${y(0)}L${x(1)} ${y(1)}M${x(0)} ${y(0)}H${x(1)}V${y(1)}H${x(0)}Z" fill="none" stroke="#bbb"/>
${[...labels, ...circles].join("\n")}
<text x="${SIDE / 2}" y="${SIDE - 12}" text-anchor="middle">predicted</text>
<text x="14" y="${SIDE / 2}" transform="rotate(-90 14 ${SIDE / 2})" text-anchor="middle">observed</text>
</svg>
`;
};
