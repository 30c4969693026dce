import { byteAt } from "@lookalike/shared/domain/primitives/columns";
import type { Turn } from "./turns.ts";

/** A turned copy of width x height pixels of one byte; its width is the height where the turn transposes. */
export const turnPixels = (
  pixels: Uint8Array,
  width: number,
  height: number,
  { transposed, mirrored, flipped }: Turn,
): Uint8Array => {
  const [columns, rows] = transposed ? [height, width] : [width, height];
  return Uint8Array.from(pixels, (_, index) => {
    const row = flipped ? rows - 1 - Math.floor(index / columns) : Math.floor(index / columns);
    const column = mirrored ? columns - 1 - (index % columns) : index % columns;
    return byteAt(pixels, transposed ? column * width + row : row * width + column);
  });
};
