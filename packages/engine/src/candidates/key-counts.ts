import { at, byteAt } from "@lookalike/shared/domain/primitives/columns";
import type { Backend } from "../compare/backend.ts";
import { masksOf, sortByBand } from "../compare/band-sides.ts";
import { KernelMemory } from "../compare/kernel-memory.ts";
import { DESCRIPTOR_BITS, KEY_TABLES, keyBands } from "./feature-keys.ts";
import type { FeatureTile } from "./feature-tile.ts";

/** A count that is reached stays: more pictures make no difference. */
const MOST_COUNTED = 255;

/**
 * How many pictures have a feature with each key: the document frequency of Sivic and Zisserman ("Video Google", 2003), in a sketch of a fixed size (Cormode and
 * Muthukrishnan, "An Improved Data Stream Summary: The Count-Min Sketch", 2005) whose hash functions are the tables' own keys. So what is counted is what is joined:
 * a key that `n` pictures have brings together n (n - 1) / 2 of them.
 */
export interface KeyCounts {
  readonly keyBits: number;
  /** By table, then by key; at most 255. */
  readonly counts: Uint8Array;
}

export const emptyKeyCounts = (keyBits: number): KeyCounts => ({
  keyBits,
  counts: new Uint8Array(KEY_TABLES * 2 ** keyBits),
});

/** Counts the pictures of a tile, in place; each picture must be counted once, in any order. */
export type CountKeys = (counts: KeyCounts, tile: FeatureTile) => void;

export const keyCounterBy =
  (backend: Backend): CountKeys =>
  ({ keyBits, counts }, tile) => {
    const memory = new KernelMemory(backend);
    const rows = memory.load(tile);
    const masks = memory.put(masksOf(keyBands(keyBits), DESCRIPTOR_BITS));
    const values = 2 ** keyBits;
    for (let table = 0; table < KEY_TABLES; table += 1)
      memory.scratch(() => {
        const mask = masks + table * (rows.rowBytes + 8);
        const { rowOf, offsets } = sortByBand(memory, rows, mask, values);
        addPictures(
          counts.subarray(table * values, (table + 1) * values),
          memory.words(offsets, values + 1),
          memory.words(rowOf, tile.ordinals.length),
          tile.ordinals,
        );
      });
  };

/** Rows of one key are in their order, so those of one picture are neighbours. */
const addPictures = (counts: Uint8Array, offsets: Uint32Array, rowOf: Uint32Array, ordinals: Uint32Array): void => {
  for (let key = 0; key < counts.length; key += 1) {
    const to = at(offsets, key + 1);
    let count = byteAt(counts, key);
    let last = -1;
    for (let place = at(offsets, key); place < to && count < MOST_COUNTED; place += 1) {
      const ordinal = at(ordinals, at(rowOf, place));
      if (ordinal !== last) count += 1;
      last = ordinal;
    }
    counts[key] = count;
  }
};

/** Adds the counts of other pictures, in place: the sum is the same in whatever order parts of a catalog are added. @throws RangeError for keys of another length */
export const addKeyCounts = ({ keyBits, counts }: KeyCounts, more: KeyCounts): void => {
  if (more.keyBits !== keyBits) throw new RangeError(`counts of ${more.keyBits}-bit keys, not ${keyBits}`);
  for (let key = 0; key < counts.length; key += 1)
    counts[key] = Math.min(MOST_COUNTED, byteAt(counts, key) + byteAt(more.counts, key));
};

/** The keys that more than so many pictures have, ascending; a key's number is table * 2^keyBits + key. */
export interface FrequentKeys {
  readonly keyBits: number;
  readonly numbers: Uint32Array;
}

/** A family of more pictures that share a feature is found by what else its pictures share. */
export const MOST_PICTURES = 100;

/** @param mostPictures 0 to 254 */
export const frequentKeys = ({ keyBits, counts }: KeyCounts, mostPictures = MOST_PICTURES): FrequentKeys => {
  let count = 0;
  for (const pictures of counts) if (pictures > mostPictures) count += 1;
  const numbers = new Uint32Array(count);
  let next = 0;
  for (let key = 0; key < counts.length; key += 1)
    if (byteAt(counts, key) > mostPictures) {
      numbers[next] = key;
      next += 1;
    }
  return { keyBits, numbers };
};
