/**
 * A band: a subset of a hash's bits, and how many of them may differ in a pair that the band brings together.
 *
 * By the pigeonhole principle, if no bit is in two bands and the sum of (flips + 1) is radius + 1, then a pair within
 * the radius has at least one band with no more than its flips (Qin et al., "GPH: Similarity Search in Hamming Space",
 * ICDE 2018; Norouzi et al., "Fast Exact Search in Hamming Space with Multi-Index Hashing", 2014).
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
 * The `count` bands of a hash, a function of these numbers alone; null where so few bands would need more than two
 * flips, or where so many would leave one without bits. Where there are very few bands, bits remain that none has.
 * Bits are dealt out so that each band brings about as many pairs together, and takes its bits from all over the hash:
 * neighbouring bits of a perceptual hash resemble each other.
 */
export const bandsOf = (hashBits: number, radiusBits: number, count: number): Band[] | null => {
  const each = Math.floor((radiusBits + 1) / count);
  const more = (radiusBits + 1) % count;
  const drafts = Array.from({ length: count }, (_, band): Draft => {
    const flips = band < more ? each : each - 1;
    return { flips, width: flips + 1, bits: [] };
  });
  if (drafts.some(({ flips }) => flips < 0 || flips > MAX_FLIPS)) return null;
  let left = drafts.reduce((bits, { width }) => bits - width, hashBits);
  if (left < 0) return null;
  for (; left > 0; left -= 1) {
    const weakest = largest(drafts, ({ width, flips }) =>
      width < MAX_BAND_BITS ? collisionProbability(width, flips) : 0,
    );
    if (weakest.width === MAX_BAND_BITS) break;
    weakest.width += 1;
  }
  for (let position = 0; position < hashBits; position += 1) {
    const missing = ({ width, bits }: Draft) => (width * (position + 1)) / hashBits - bits.length;
    const next = largest(drafts, missing);
    if (missing(next) > 0) next.bits.push(position);
  }
  return drafts.map(({ bits, flips }) => ({ bits, flips }));
};

/** A band whose bits are still being dealt out: it will have `width` of them. */
interface Draft {
  readonly flips: number;
  width: number;
  readonly bits: number[];
}

/** The first of the drafts with the largest value. */
const largest = (drafts: readonly Draft[], score: (draft: Draft) => number): Draft =>
  drafts.reduce((best, draft) => (score(draft) > score(best) ? draft : best));
