import type { PairScore } from "./score-pairs.ts";

export interface Curve {
  readonly name: string;
  readonly scores: readonly PairScore[];
  /** The limit of the default setting; null = none is marked. */
  readonly standard: number | null;
}

const [WIDTH, HEIGHT, MARGIN, LEGEND] = [760, 440, 52, 210] as const;
const COLOURS = [
  "#1b6ac9",
  "#d1495b",
  "#e8a33d",
  "#4f9d69",
  "#8d5fc4",
  "#5c6b73",
  "#c06c84",
  "#2a9d8f",
  "#7f5539",
  "#264653",
];
const LOWEST_PRECISION = 0.5;

const number = (value: number): string => value.toFixed(1);

/** Recall to the right, precision upwards; a circle is the default setting. One SVG document. */
export const drawCurves = (curves: readonly Curve[]): string => {
  const [inner, high] = [WIDTH - 2 * MARGIN - LEGEND, HEIGHT - 2 * MARGIN];
  const x = (recall: number): number => MARGIN + recall * inner;
  const y = (precision: number): number =>
    MARGIN + (1 - (Math.max(precision, LOWEST_PRECISION) - LOWEST_PRECISION) / (1 - LOWEST_PRECISION)) * high;
  const grid = [0, 0.2, 0.4, 0.6, 0.8, 1]
    .flatMap((part) => {
      const precision = LOWEST_PRECISION + part * (1 - LOWEST_PRECISION);
      return [
        `<path d="M${number(x(part))} ${MARGIN}V${MARGIN + high}M${MARGIN} ${number(y(precision))}H${MARGIN + inner}" stroke="#ddd"/>`,
        `<text x="${number(x(part))}" y="${MARGIN + high + 18}" text-anchor="middle">${part}</text>`,
        `<text x="${MARGIN - 6}" y="${number(y(precision) + 4)}" text-anchor="end">${precision.toFixed(1)}</text>`,
      ];
    })
    .join("\n");
  const lines = curves.map(({ name, scores, standard }, at) => {
    const colour = COLOURS[at % COLOURS.length];
    const points = scores
      .filter(({ right }) => right > 0)
      .map(({ recall, precision }) => `${number(x(recall))},${number(y(precision))}`);
    const marked = scores.find(({ limit }) => limit === standard);
    const circle =
      marked === undefined
        ? ""
        : `<circle cx="${number(x(marked.recall))}" cy="${number(y(marked.precision))}" r="4.5" fill="${colour}"/>`;
    const label = MARGIN + at * 22;
    return [
      `<polyline points="${[...new Set(points)].join(" ")}" fill="none" stroke="${colour}" stroke-width="2"/>${circle}`,
      `<rect x="${WIDTH - LEGEND - 24}" y="${label - 9}" width="14" height="4" fill="${colour}"/>`,
      `<text x="${WIDTH - LEGEND}" y="${label}">${name}</text>`,
    ].join("\n");
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12">
<title>Precision and recall of duplicate finders</title>
<rect width="100%" height="100%" fill="#fff"/>
${grid}
<text x="${MARGIN + inner / 2}" y="${HEIGHT - 12}" text-anchor="middle">recall (mean of all edits)</text>
<text x="14" y="${MARGIN + high / 2}" transform="rotate(-90 14 ${MARGIN + high / 2})" text-anchor="middle">precision</text>
${lines.join("\n")}
</svg>
`;
};
