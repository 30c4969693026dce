import { at, byteAt } from "@lookalike/shared/domain/primitives/columns";
import type { Size } from "./transform.ts";

/** Sums over rectangles of a plane of bytes in a time that does not depend on their size (an integral image: Crow, 1984). */
export class PlaneSums {
  readonly width: number;
  readonly height: number;
  readonly #sums: Uint32Array;

  /** @param plane width x height bytes, at most 2^24 of them */
  constructor(plane: Uint8Array, { width, height }: Size) {
    this.width = width;
    this.height = height;
    this.#sums = new Uint32Array((width + 1) * (height + 1));
    for (let y = 0; y < height; y += 1) {
      let row = 0;
      for (let x = 0; x < width; x += 1) {
        row += byteAt(plane, y * width + x);
        this.#sums[(y + 1) * (width + 1) + x + 1] = at(this.#sums, y * (width + 1) + x + 1) + row;
      }
    }
  }

  /** The mean of the square with this centre, as much of it as is inside; its sides are rounded to whole pixels, at least one. */
  mean(x: number, y: number, side: number): number {
    const left = bounded(Math.round(x - side / 2), this.width - 1);
    const top = bounded(Math.round(y - side / 2), this.height - 1);
    const right = Math.max(left + 1, Math.min(this.width, Math.round(x + side / 2)));
    const bottom = Math.max(top + 1, Math.min(this.height, Math.round(y + side / 2)));
    const step = this.width + 1;
    const sum =
      at(this.#sums, bottom * step + right) -
      at(this.#sums, bottom * step + left) -
      at(this.#sums, top * step + right) +
      at(this.#sums, top * step + left);
    return sum / ((right - left) * (bottom - top));
  }
}

const bounded = (value: number, most: number): number => Math.max(0, Math.min(most, value));
