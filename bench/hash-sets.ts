import { hashRows } from "@lookalike/engine/compare/block-hashes";
import type { Tile } from "@lookalike/engine/compare/indexed";
import { STATE } from "@lookalike/shared/domain/image/hash-block";
import { randomWords } from "@lookalike/shared/domain/primitives/random";

/** Hashes to join: their bytes, and the rows of them that kernels read. The ordinals are the rows' numbers. */
export interface HashSet extends Tile {
  readonly hashes: Uint8Array;
}

const hashSet = (id: string, drawn: Int32Array, count: number): HashSet => {
  const hashes = new Uint8Array(drawn.buffer);
  return { id, hashes, ...hashRows({ states: new Uint8Array(count).fill(STATE.hashed), hashes }, 0) };
};

/** Independent fair bits: what an index likes best. */
export const randomHashes = (count: number, bits: number): HashSet => {
  const random = randomWords(count + bits);
  return hashSet(`random ${count} ${bits}`, Int32Array.from({ length: (count * bits) / 32 }, random), count);
};

/** Of 1,000 images, so many are near copies, and so many are dark with a few bright spots. */
const COPIES = 60;
const DARK = 50;

/**
 * Hashes as photographs have them: of smooth brightness, so that neighbouring bits are alike; half
 * of them with a sky of equal bits; near copies of others; dark ones, with few bits set.
 */
export const realLikeHashes = (count: number, bits: number): HashSet => {
  const random = randomWords(count + bits + 1);
  const side = Math.sqrt(bits);
  const width = bits / 32;
  const words = new Int32Array(count * width);
  const set = (row: number, bit: number) => {
    const word = row * width + (bit >> 5);
    words[word] = (words[word] as number) | (1 << (bit & 31));
  };
  const coarse = new Float32Array(25);
  for (let row = 0; row < count; row += 1) {
    const kind = random() % 1_000;
    if (kind < COPIES && row > 0) {
      const original = random() % row;
      words.copyWithin(row * width, original * width, (original + 1) * width);
      for (let flip = random() % 8; flip > 0; flip -= 1) {
        const bit = random() % bits;
        words[row * width + (bit >> 5)] = (words[row * width + (bit >> 5)] as number) ^ (1 << (bit & 31));
      }
    } else if (kind < COPIES + DARK) {
      for (let spot = 0; spot < bits / 10; spot += 1) set(row, random() % bits);
    } else {
      for (let at = 0; at < 25; at += 1) coarse[at] = random() / 2 ** 32 - 0.5;
      const sky = random() % 2 === 0 ? random() % (side / 2) : 0;
      for (let bit = sky * side; bit < bits; bit += 1) {
        const [x, y] = [((bit % side) * 4) / side, (Math.floor(bit / side) * 4) / side];
        const at = Math.floor(y) * 5 + Math.floor(x);
        const [dx, dy] = [x % 1, y % 1];
        const above = (coarse[at] as number) * (1 - dx) + (coarse[at + 1] as number) * dx;
        const below = (coarse[at + 5] as number) * (1 - dx) + (coarse[at + 6] as number) * dx;
        if (above * (1 - dy) + below * dy + (random() / 2 ** 32 - 0.5) * 0.2 > 0) set(row, bit);
      }
    }
  }
  return hashSet(`real-like ${count} ${bits}`, words, count);
};
