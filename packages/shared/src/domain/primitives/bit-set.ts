/**
 * The set of finished unit numbers, one bit each. It does not care about order, duplicates or who
 * did the work, and it is the checkpoint: what a restarted coordinator reads and goes on from.
 */
export type DoneSet = Uint8Array;

/** An empty set with room for `size` numbers. */
export const emptySet = (size: number): DoneSet => new Uint8Array(Math.ceil(size / 8));

/** The full set 0..size-1. */
export const fullSet = (size: number): DoneSet => {
  const set = emptySet(size).fill(0xff);
  if (size % 8 !== 0) set[set.length - 1] = (1 << (size % 8)) - 1;
  return set;
};

export const has = (set: DoneSet, unit: number): boolean => ((set[unit >> 3] ?? 0) & (1 << (unit & 7))) !== 0;

/** A copy with `unit` in it. @throws RangeError when the set has no room for `unit` */
export const withUnit = (set: DoneSet, unit: number): DoneSet => {
  if (!Number.isInteger(unit) || unit < 0 || unit >> 3 >= set.length) {
    throw new RangeError(`unit ${unit} is outside a set of ${set.length * 8}`);
  }
  const next = set.slice();
  next[unit >> 3] = (next[unit >> 3] ?? 0) | (1 << (unit & 7));
  return next;
};

/** A copy without `unit`. */
export const withoutUnit = (set: DoneSet, unit: number): DoneSet => {
  const next = set.slice();
  next[unit >> 3] = (next[unit >> 3] ?? 0) & ~(1 << (unit & 7));
  return next;
};

export const union = (a: DoneSet, b: DoneSet): DoneSet =>
  Uint8Array.from({ length: Math.max(a.length, b.length) }, (_, at) => (a[at] ?? 0) | (b[at] ?? 0));

const POPCOUNT = Uint8Array.from({ length: 256 }, (_, byte) => {
  let count = 0;
  for (let bits = byte; bits !== 0; bits &= bits - 1) count += 1;
  return count;
});

/** How many numbers are in the set. */
export const size = (set: DoneSet): number => {
  let count = 0;
  for (const byte of set) count += POPCOUNT[byte] ?? 0;
  return count;
};

/** Length of the run 0, 1, 2, … that is wholly in the set, at most `limit`. */
export const prefixLength = (set: DoneSet, limit: number): number => {
  let at = 0;
  while (at + 8 <= limit && set[at >> 3] === 0xff) at += 8;
  while (at < limit && has(set, at)) at += 1;
  return at;
};

/** The numbers below `limit` that are in the set, ascending. */
export function* members(set: DoneSet, limit: number): Generator<number> {
  for (let unit = 0; unit < limit; unit += 1) if (has(set, unit)) yield unit;
}

/** The numbers in [from, to) that are not in the set, ascending. */
export function* missing(set: DoneSet, from: number, to: number): Generator<number> {
  for (let unit = from; unit < to; unit += 1) if (!has(set, unit)) yield unit;
}
