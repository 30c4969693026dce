import { imageOf, type Pixels } from "../picture.ts";
import type { Choices } from "../random.ts";
import type { Edited } from "./edit.ts";

type Point = readonly [x: number, y: number];

/**
 * The homography from the unit square to a quadrilateral: the coefficients of Heckbert 1989, section 2.2.3.
 * @param corners upper left, upper right, lower right, lower left
 */
const squareToQuadrilateral = ([[x0, y0], [x1, y1], [x2, y2], [x3, y3]]: readonly [Point, Point, Point, Point]) => {
  const [dx1, dx2, dx3] = [x1 - x2, x3 - x2, x0 - x1 + x2 - x3];
  const [dy1, dy2, dy3] = [y1 - y2, y3 - y2, y0 - y1 + y2 - y3];
  const divisor = dx1 * dy2 - dx2 * dy1;
  const g = (dx3 * dy2 - dx2 * dy3) / divisor;
  const h = (dx1 * dy3 - dx3 * dy1) / divisor;
  return { a: x1 - x0 + g * x1, b: x3 - x0 + h * x3, c: x0, d: y1 - y0 + g * y1, e: y3 - y0 + h * y3, f: y0, g, h };
};

/** A print on a table, photographed from the side: perspective, a lamp's light that falls off, and noise. */
export const photographOfPrint = ({ data, width, height }: Pixels, choices: Choices): Edited => {
  const jitter = () => choices.between(0.02, 0.09);
  const corners: readonly [Point, Point, Point, Point] = [
    [jitter(), jitter()],
    [1 - jitter(), jitter()],
    [1 - jitter(), 1 - jitter()],
    [jitter(), 1 - jitter()],
  ];
  const { a, b, c, d, e, f, g, h } = squareToQuadrilateral(corners);
  // The adjugate is the inverse up to a factor, which the division by w cancels.
  const inverse = [
    e - f * h,
    c * h - b,
    b * f - c * e,
    f * g - d,
    a - c * g,
    c * d - a * f,
    d * h - e * g,
    b * g - a * h,
    a * e - b * d,
  ] as const;
  const photograph = Buffer.alloc(data.length);
  const table = [choices.whole(60, 150), choices.whole(50, 120), choices.whole(40, 100)];
  for (let y = 0; y < height; y += 1)
    for (let x = 0; x < width; x += 1) {
      const [right, down] = [(x + 0.5) / width, (y + 0.5) / height];
      const w = inverse[6] * right + inverse[7] * down + inverse[8];
      const u = (inverse[0] * right + inverse[1] * down + inverse[2]) / w;
      const v = (inverse[3] * right + inverse[4] * down + inverse[5]) / w;
      const light = 1.05 - 0.55 * ((right - 0.45) ** 2 + (down - 0.45) ** 2);
      const noise = (choices.part() - 0.5) * 10;
      for (let channel = 0; channel < 3; channel += 1) {
        const inside = u >= 0 && u < 1 && v >= 0 && v < 1;
        const value = inside ? bilinear(data, width, height, u, v, channel) : (table[channel] ?? 0);
        photograph[(y * width + x) * 3 + channel] = Math.max(0, Math.min(255, value * light + noise));
      }
    }
  const [left, top] = [Math.min(corners[0][0], corners[3][0]), Math.min(corners[0][1], corners[1][1])];
  return {
    image: imageOf({ data: photograph, width, height }),
    frame: {
      left,
      top,
      width: Math.max(corners[1][0], corners[2][0]) - left,
      height: Math.max(corners[2][1], corners[3][1]) - top,
    },
  };
};

const bilinear = (data: Buffer, width: number, height: number, u: number, v: number, channel: number): number => {
  const [x, y] = [Math.min(u * width, width - 1.001), Math.min(v * height, height - 1.001)];
  const [left, top] = [Math.floor(x), Math.floor(y)];
  const [right, down] = [x - left, y - top];
  const value = (column: number, row: number): number => data[(row * width + column) * 3 + channel] ?? 0;
  const above = value(left, top) * (1 - right) + value(left + 1, top) * right;
  const below = value(left, top + 1) * (1 - right) + value(left + 1, top + 1) * right;
  return above * (1 - down) + below * down;
};
