import { at, byteAt } from "@lookalike/shared/domain/primitives/columns";

/** Pixels side by side, row by row, with one or more bytes each. */
export interface Plane {
  readonly pixels: Uint8Array;
  readonly width: number;
  readonly height: number;
  /** Bytes of a pixel. */
  readonly channels: number;
}

/**
 * A picture made smaller or larger, each new pixel the mean of the area that it covers, rounded half up: docs/hash-format.md. All sums
 * are exact, so the result does not depend on the order in which they are made, and turning a picture before or after gives the same.
 */
export const areaMean = (plane: Plane, newWidth: number, newHeight: number): Uint8Array => {
  const { pixels, width, height, channels } = plane;
  const stride = width * channels;
  const across = coversOf(width, newWidth);
  const down = coversOf(height, newHeight);
  const area = width * height;
  const sums = new Float64Array(stride);
  const to = new Uint8Array(newWidth * newHeight * channels);
  for (let row = 0, next = 0; row < newHeight; row += 1) {
    sums.fill(0);
    const last = at(down.last, row);
    for (let old = at(down.first, row); old <= last; old += 1) {
      const weight = weightOf(down, row, old, newHeight);
      for (let x = 0, from = old * stride; x < stride; x += 1, from += 1)
        sums[x] = at(sums, x) + weight * byteAt(pixels, from);
    }
    for (let column = 0; column < newWidth; column += 1)
      for (let channel = 0; channel < channels; channel += 1, next += 1) {
        let sum = 0;
        for (let old = at(across.first, column); old <= at(across.last, column); old += 1)
          sum += weightOf(across, column, old, newWidth) * at(sums, old * channels + channel);
        to[next] = Math.floor((2 * sum + area) / (2 * area));
      }
  }
  return to;
};

/** What each new pixel covers of a line: the first and the last old pixel, and how much of these two. */
interface Covers {
  readonly first: Int32Array;
  readonly last: Int32Array;
  readonly firstWeight: Int32Array;
  readonly lastWeight: Int32Array;
}

/** The weights are whole numbers: an old pixel has `newLength` units, and a new one `length`. */
const coversOf = (length: number, newLength: number): Covers => {
  const covers = {
    first: new Int32Array(newLength),
    last: new Int32Array(newLength),
    firstWeight: new Int32Array(newLength),
    lastWeight: new Int32Array(newLength),
  };
  for (let index = 0; index < newLength; index += 1) {
    const from = index * length;
    const to = from + length;
    const first = Math.floor(from / newLength);
    const last = Math.floor((to - 1) / newLength);
    covers.first[index] = first;
    covers.last[index] = last;
    covers.firstWeight[index] = Math.min(to, (first + 1) * newLength) - from;
    covers.lastWeight[index] = to - Math.max(from, last * newLength);
  }
  return covers;
};

const weightOf = (covers: Covers, index: number, old: number, whole: number): number => {
  if (old === at(covers.first, index)) return at(covers.firstWeight, index);
  return old === at(covers.last, index) ? at(covers.lastWeight, index) : whole;
};
