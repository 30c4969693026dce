import { byteAt } from "@lookalike/shared/domain/primitives/columns";
import type { Band } from "./bands.ts";
import { headBytesOf, rowBytesOf, spreadOrder } from "./kernel.ts";
import type { KernelMemory, LoadedRows } from "./kernel-memory.ts";

/** For each band a mask of its bits in a row, and its flips as u64: what the kernels read. */
export const masksOf = (bands: readonly Band[], hashBits: number): Uint8Array => {
  const rowBytes = rowBytesOf(hashBits);
  const order = spreadOrder(hashBits / 8);
  const bytes = new Uint8Array(bands.length * (rowBytes + 8));
  bands.forEach((band, number) => {
    const mask = number * (rowBytes + 8);
    for (const bit of band.bits) {
      const byte = mask + order.indexOf(bit >> 3);
      bytes[byte] = byteAt(bytes, byte) | (1 << (bit & 7));
    }
    bytes[mask + rowBytes] = band.flips;
  });
  return bytes;
};

/** Where a tile that is sorted by a band is in a kernel's memory: the `Side` of rows.h, and its parts. */
export interface SortedSide {
  readonly side: number;
  /** By place: the row's number. */
  readonly rowOf: number;
  /** By value: its first place; one more than there are values. */
  readonly offsets: number;
  /** One bit for each value: whether it has rows. A value whose bit is cleared is not joined. */
  readonly filled: number;
}

/** Values are joined 64 at a time. */
const VALUES_PER_BLOCK = 64;
const SIDE_WORDS = 5;

/** How many values a band is sorted by. */
export const valueCountOf = ({ bits }: Band): number => Math.max(VALUES_PER_BLOCK, 2 ** bits.length);

/** Sorts a tile by the band whose mask is at `mask`; rows of one value remain in their order. */
export const sortByBand = (memory: KernelMemory, rows: LoadedRows, mask: number, valueCount: number): SortedSide => {
  const { pointer, rowBytes } = rows;
  const count = rows.ordinals.length;
  const rowOf = memory.reserve(count * 4);
  const offsets = memory.reserve((valueCount + 1) * 4);
  const filled = memory.reserve(valueCount / 8);
  const heads = memory.reserve(count * headBytesOf(rowBytes));
  const side = memory.reserve(SIDE_WORDS * 4);
  memory.words(side, SIDE_WORDS).set([pointer, rowOf, offsets, filled, heads]);
  memory.scratch(() =>
    memory.run("sort_by_band", { side, count, rowBytes, mask, values: memory.reserve(count * 4), valueCount }),
  );
  return { side, rowOf, offsets, filled };
};
