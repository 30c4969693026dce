import { byteAt, withRoom } from "./columns.ts";

/**
 * The set of finished unit numbers, one bit each. It does not depend on order, on duplicates or on who
 * did the work, and it is the checkpoint: what a restarted coordinator reads and continues from.
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

/** Whether the set contains `unit`; a number that the set has no room for is not in it. */
export const has = (set: DoneSet, unit: number): boolean => ((set[unit >> 3] ?? 0) & (1 << (unit & 7))) !== 0;

/** A copy with `unit` in it. @throws RangeError when the set has no room for `unit` */
export const withUnit = (set: DoneSet, unit: number): DoneSet => {
  if (!Number.isInteger(unit) || unit < 0 || unit >> 3 >= set.length) {
    throw new RangeError(`unit ${unit} is outside a set of ${set.length * 8}`);
  }
  return put(set.slice(), unit);
};

const put = (set: DoneSet, unit: number): DoneSet => {
  set[unit >> 3] = byteAt(set, unit >> 3) | (1 << (unit & 7));
  return set;
};

/** The set without `unit`. */
export const withoutUnit = (set: DoneSet, unit: number): DoneSet => {
  if (!has(set, unit)) return set;
  const next = set.slice();
  next[unit >> 3] = byteAt(set, unit >> 3) & ~(1 << (unit & 7));
  return next;
};

export const union = (a: DoneSet, b: DoneSet): DoneSet => {
  const [shorter, longer] = a.length < b.length ? [a, b] : [b, a];
  return longer.map((byte, index) => byte | (shorter[index] ?? 0));
};

/** Number of one bits in a 32-bit word (Warren, Hacker's Delight, 5-1). */
export const popcount32 = (word: number): number => {
  const pairs = word - ((word >>> 1) & 0x55555555);
  const nibbles = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  return Math.imul((nibbles + (nibbles >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
};

/** How many numbers are in the set: the one bits in all its bytes. */
export const size = (set: DoneSet): number => {
  let count = 0;
  for (const byte of set) count += popcount32(byte);
  return count;
};

/** How many numbers below `limit` are in the set. */
export const sizeBelow = (set: DoneSet, limit: number): number => {
  const whole = limit >> 3;
  return size(set.subarray(0, whole)) + popcount32((set[whole] ?? 0) & ((1 << (limit & 7)) - 1));
};

/** Length of the run 0, 1, 2, … that is wholly in the set, at most `limit`. */
export const prefixLength = (set: DoneSet, limit: number): number => {
  let length = 0;
  while (length + 8 <= limit && set[length >> 3] === 0xff) length += 8;
  while (length < limit && has(set, length)) length += 1;
  return length;
};

/** The numbers below `limit` that are in the set, ascending. */
export function* members(set: DoneSet, limit: number): Generator<number> {
  for (let unit = 0; unit < limit; unit += 1) if (has(set, unit)) yield unit;
}

/** The numbers in [from, to) that are not in the set, ascending. */
export function* missing(set: DoneSet, from: number, to: number): Generator<number> {
  for (let unit = from; unit < to; unit += 1) if (!has(set, unit)) yield unit;
}

/** A set of ordinals that grows in place: ten million take little more than a megabyte. */
export class OrdinalSet implements Iterable<number> {
  #bits: DoneSet;
  #size: number;

  /** @param extent room for ordinals below it; the set grows when a larger one is added */
  constructor(ordinals: Iterable<number> = [], extent = 8_192) {
    this.#bits = emptySet(extent);
    this.#size = 0;
    for (const ordinal of ordinals) this.add(ordinal);
  }

  /** All ordinals below `extent`. */
  static below(extent: number): OrdinalSet {
    const set = new OrdinalSet();
    set.#bits = fullSet(extent);
    set.#size = extent;
    return set;
  }

  get size(): number {
    return this.#size;
  }

  has(ordinal: number): boolean {
    return has(this.#bits, ordinal);
  }

  add(ordinal: number): void {
    if (this.has(ordinal)) return;
    this.#bits = put(withRoom(this.#bits, (ordinal >> 3) + 1), ordinal);
    this.#size += 1;
  }

  /** The ordinals, ascending. */
  [Symbol.iterator](): Generator<number> {
    return members(this.#bits, this.#bits.length * 8);
  }
}
