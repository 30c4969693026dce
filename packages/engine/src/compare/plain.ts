import { EdgeList } from "@lookalike/shared/domain/grouping/edges";
import { at } from "@lookalike/shared/domain/primitives/columns";
import { comparisonsOf, type Kernel, type RowPair, rowWords } from "./kernel.ts";

/**
 * Compares every pair in plain typed arrays: the reference that the fast kernels must agree with. A pair is given up as
 * soon as the words read so far differ in more bits than the radius.
 */
export const plain: Kernel = (pairs, radiusBits, sink) => {
  const found = new EdgeList();
  let comparisons = 0;
  for (const pair of pairs) {
    comparisons += comparisonsOf(pair);
    joinPair(pair, radiusBits, (left, right, bits) => {
      found.add(Math.min(left, right), Math.max(left, right), bits);
    });
  }
  sink(found.edges);
  return comparisons;
};

const joinPair = (
  { left, right, same }: RowPair,
  radiusBits: number,
  found: (left: number, right: number, bits: number) => void,
): void => {
  const width = rowWords(left);
  const columns = right.ordinals.length;
  left.ordinals.forEach((ordinal, row) => {
    const i = row * width;
    for (let column = same ? row + 1 : 0; column < columns; column += 1) {
      const j = column * width;
      let bits = 0;
      for (let word = 0; word < width && bits <= radiusBits; word += 2) {
        bits += popcount64(
          // Casts, not `at`: a call here makes the tests several times as slow, which run from source.
          (left.words[i + word] as number) ^ (right.words[j + word] as number),
          (left.words[i + word + 1] as number) ^ (right.words[j + word + 1] as number),
        );
      }
      if (bits <= radiusBits) found(ordinal, at(right.ordinals, column), bits);
    }
  });
};

/** One bits of two words, their counts added up in 4-bit fields before the one multiplication. */
const popcount64 = (low: number, high: number): number => {
  const nibbles = nibbleCounts(low) + nibbleCounts(high);
  return Math.imul((nibbles & 0x0f0f0f0f) + ((nibbles >>> 4) & 0x0f0f0f0f), 0x01010101) >>> 24;
};

/** One bits of each 4-bit field, in place. */
const nibbleCounts = (word: number): number => {
  const pairs = word - ((word >>> 1) & 0x55555555);
  return (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
};
