import { type HashBlock, STATE } from "@lookalike/shared/domain/image/hash-block";
import { type HashRows, rowBytesOf } from "./kernel.ts";

/**
 * What a kernel compares of a block: flat, failed and absent images are set apart, and equal hashes
 * collapsed to their first image, so that a thousand equal images cost one.
 * @param firstOrdinal ordinal of the block's first position
 */
export const blockHashes = (block: Pick<HashBlock, "states" | "hashes">, firstOrdinal: number): HashRows => {
  const positions = block.states.length;
  const hashBytes = positions === 0 ? 0 : block.hashes.length / positions;
  const source = Buffer.from(block.hashes.buffer, block.hashes.byteOffset, block.hashes.byteLength);
  const seen = new Set<string>();
  const kept: number[] = [];
  for (let position = 0; position < positions; position += 1) {
    if (block.states[position] !== STATE.hashed) continue;
    const hash = source.toString("latin1", position * hashBytes, (position + 1) * hashBytes);
    if (seen.has(hash)) continue;
    seen.add(hash);
    kept.push(position);
  }
  // Shared memory: worker threads read the blocks that the cache holds, without a copy.
  const ordinals = new Uint32Array(new SharedArrayBuffer(kept.length * 4));
  const rowBytes = rowBytesOf(hashBytes * 8);
  const words = new Int32Array(new SharedArrayBuffer(kept.length * rowBytes));
  const target = new Uint8Array(words.buffer);
  kept.forEach((position, row) => {
    ordinals[row] = firstOrdinal + position;
    target.set(block.hashes.subarray(position * hashBytes, (position + 1) * hashBytes), row * rowBytes);
  });
  return { ordinals, words };
};
