import { byteAt } from "@lookalike/shared/domain/primitives/columns";
import type { Turn } from "./turns.ts";

/** Bits in a row and in a column of a hash. */
export const GRID = 16;
export const GRID_BYTES = (GRID * GRID) / 8;

/**
 * Packs 16 x 16 bits.
 * @param isSet whether the bit is 1, by its index, row by row from the top left
 * @returns 32 bytes, the most significant bit first
 */
export const packGrid = (isSet: (index: number) => boolean): Uint8Array => {
  const bytes = new Uint8Array(GRID_BYTES);
  for (let index = 0; index < GRID * GRID; index += 1)
    if (isSet(index)) bytes[index >> 3] = byteAt(bytes, index >> 3) | (0x80 >> (index & 7));
  return bytes;
};

/** The bit at a row and a column of {@link packGrid}'s bytes. */
export const gridBit = (bytes: Uint8Array, row: number, column: number): boolean =>
  ((byteAt(bytes, (row * GRID + column) >> 3) << (column & 7)) & 0x80) !== 0;

/** The bits of the turned grid, as 32 bytes of the same order. */
export const turnGrid = (bytes: Uint8Array, { transposed, mirrored, flipped }: Turn): Uint8Array =>
  packGrid((index) => {
    const row = flipped ? GRID - 1 - (index >> 4) : index >> 4;
    const column = mirrored ? GRID - 1 - (index & 15) : index & 15;
    return transposed ? gridBit(bytes, column, row) : gridBit(bytes, row, column);
  });
