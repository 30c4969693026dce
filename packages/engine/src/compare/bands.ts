/**
 * A band: some of a hash's bits, and how many of them may differ for a pair to be met there.
 *
 * By the pigeonhole principle, if no bit is in two bands and the sum of (flips + 1) is radius + 1, then a pair within the radius has at least one band with no more than its flips
 * (Qin et al., "GPH: Similarity Search in Hamming Space", ICDE 2018; Norouzi et al., "Fast Exact
 * Search in Hamming Space with Multi-Index Hashing", 2014).
 */
export interface Band {
  /** Positions in the hash, ascending; the first is the value's lowest bit. */
  readonly bits: readonly number[];
  readonly flips: number;
}

/** A band's values number 2^width: this bounds the table of a sorted band at 64 MiB. */
export const MAX_BAND_BITS = 24;
const MAX_FLIPS = 2;

/** Values within `flips` bits of one value of `width` bits, itself among them. */
export const neighbourhood = (width: number, flips: number): number =>
  1 + (flips > 0 ? width : 0) + (flips > 1 ? (width * (width - 1)) / 2 : 0);

/** The share of random pairs that a band brings together. */
export const collisionProbability = (width: number, flips: number): number => neighbourhood(width, flips) / 2 ** width;

/**
 * The `count` bands of a hash, a function of these numbers alone; null where bands so few would need
 * more than two flips, or where so many would leave one without bits. Very few bands leave bits over.
 * Bits are dealt out so that each band meets about as many pairs, and takes its bits from all over
 * the hash: neighbouring bits of a perceptual hash are alike.
 */
export const bandsOf = (hashBits: number, radiusBits: number, count: number): Band[] | null => {
  const each = Math.floor((radiusBits + 1) / count);
  const more = (radiusBits + 1) % count;
  const flips = Array.from({ length: count }, (_, band) => (band < more ? each : each - 1));
  if (flips.some((most) => most < 0 || most > MAX_FLIPS)) return null;
  const widths = flips.map((most) => most + 1);
  for (let left = hashBits - sum(widths); left > 0; left -= 1) {
    const shares = widths.map((width, band) =>
      width < MAX_BAND_BITS ? collisionProbability(width, flips[band] ?? 0) : 0,
    );
    const weakest = shares.indexOf(Math.max(...shares));
    if (shares[weakest] === 0) break;
    widths[weakest] = (widths[weakest] ?? 0) + 1;
  }
  if (sum(widths) > hashBits) return null;
  const bits: number[][] = widths.map(() => []);
  for (let position = 0; position < hashBits; position += 1) {
    const behind = widths.map((width, band) => (width * (position + 1)) / hashBits - (bits[band]?.length ?? 0));
    const most = Math.max(...behind);
    if (most > 0) bits[behind.indexOf(most)]?.push(position);
  }
  return bits.map((positions, band) => ({ bits: positions, flips: flips[band] ?? 0 }));
};

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
