import { type HashBlock, STATE } from "@lookalike/shared/domain/image/hash-block";
import { byteAt } from "@lookalike/shared/domain/primitives/columns";
import { type HashRows, rowBytesOf, spreadOrder } from "./kernel.ts";

type HashColumns = Pick<HashBlock, "states" | "hashes">;

/**
 * The rows that a kernel compares of a block: flat, failed and absent images are left out, and of
 * images with equal hashes only the first one has a row, so that a thousand equal images cost one.
 * @param firstOrdinal ordinal of the block's first position
 */
export const blockHashes = (block: HashColumns, firstOrdinal: number): HashRows => {
  const hashBytes = hashBytesOf(block);
  const source = Buffer.from(block.hashes.buffer, block.hashes.byteOffset, block.hashes.byteLength);
  const seen = new Set<string>();
  const positions = hashedPositions(block).filter((position) => {
    const hash = source.toString("latin1", position * hashBytes, (position + 1) * hashBytes);
    if (seen.has(hash)) return false;
    seen.add(hash);
    return true;
  });
  return rowsAt(block, positions, firstOrdinal);
};

/** A row for every image of a block that has a hash, also for those with equal hashes. */
export const hashRows = (block: HashColumns, firstOrdinal: number): HashRows =>
  rowsAt(block, hashedPositions(block), firstOrdinal);

/** Above every image's ordinal, so that the image is always the smaller one of an edge. */
const QUERY_ORDINAL = 0xffff_ffff;

/** A hash that is of no image, as the only row. */
export const queryRow = (hash: Uint8Array): HashRows =>
  rowsAt({ states: Uint8Array.of(STATE.hashed), hashes: hash }, [0], QUERY_ORDINAL);

const hashBytesOf = ({ states, hashes }: HashColumns): number =>
  states.length === 0 ? 0 : hashes.length / states.length;

const hashedPositions = ({ states }: HashColumns): number[] =>
  Array.from(states.keys()).filter((position) => byteAt(states, position) === STATE.hashed);

const rowsAt = (block: HashColumns, positions: readonly number[], firstOrdinal: number): HashRows => {
  const hashBytes = hashBytesOf(block);
  const order = spreadOrder(hashBytes);
  const rowWords = rowBytesOf(hashBytes * 8) / 4;
  // Shared memory, so that worker threads read the cached blocks without a copy.
  const ordinals = new Uint32Array(new SharedArrayBuffer(positions.length * 4));
  const words = new Int32Array(new SharedArrayBuffer(positions.length * rowWords * 4));
  positions.forEach((position, row) => {
    ordinals[row] = firstOrdinal + position;
    const from = position * hashBytes;
    const byteIn = (place: number): number => byteAt(block.hashes, from + byteAt(order, place));
    // Written as words, rows take half the time.
    for (let place = 0; place < hashBytes; place += 4)
      words[row * rowWords + place / 4] =
        byteIn(place) | (byteIn(place + 1) << 8) | (byteIn(place + 2) << 16) | (byteIn(place + 3) << 24);
  });
  return { ordinals, words };
};
