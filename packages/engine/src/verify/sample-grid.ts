import { byteAt } from "@lookalike/shared/domain/primitives/columns";
import { CHROMA_SIDE, type PicturePixels } from "../hash/picture-pixels.ts";
import { boundsOf, type Overlap } from "./overlap.ts";
import { PlaneSums } from "./plane-sums.ts";
import { inverted, mapped, type Point, type Size, scaleOf, type Transform } from "./transform.ts";

/** A picture that is compared with others. */
export interface ComparedPicture extends Size {
  readonly luma: PlaneSums;
  /** Mean Cb and Cr of 16 x 16 cells. */
  readonly cb: Uint8Array;
  readonly cr: Uint8Array;
}

/** Prepares a working picture for comparing: once, however many it is compared with. */
export const comparedPicture = ({ width, height, luma, cb, cr }: PicturePixels): ComparedPicture => ({
  width,
  height,
  luma: new PlaneSums(luma, { width, height }),
  cb,
  cr,
});

/** Both pictures where they overlap, on one grid of points, row by row. */
export interface Samples {
  readonly columns: number;
  readonly rows: number;
  /** 1 = the point is in both pictures. */
  readonly inside: Uint8Array;
  /** Luma. */
  readonly a: Float64Array;
  readonly b: Float64Array;
  /** The corner of the grid and the step between its points, in pixels of the reference. */
  readonly origin: Point;
  readonly step: number;
  /** The picture with fewer pixels of what both show; the grid's rows and columns are its own. */
  readonly reference: "a" | "b";
}

/** The long side of the grid has at most so many points. */
const GRID_SIDE = 256;
/** A sample is the mean of so many steps each way, so that a map that is off by one does not matter. */
const BOX_STEPS = 3;
/** Both pictures show the whole of each other from these parts on. */
const WHOLE = 0.999;

/** Samples both pictures at the resolution that the smaller one has. @param transform of a to b */
export const sampleOverlap = (
  a: ComparedPicture,
  b: ComparedPicture,
  transform: Transform,
  { corners, ofA, ofB }: Overlap,
): Samples => {
  const isOfA = scaleOf(transform) >= 1;
  const [reference, other] = isOfA ? [a, b] : [b, a];
  const toOther = isOfA ? transform : inverted(transform);
  const own = isOfA ? corners : corners.map((corner) => mapped(transform, corner));
  const bounds = boundsOf(own);
  const step = Math.max(1, Math.max(bounds.width, bounds.height) / GRID_SIDE);
  const margin = Math.min(ofA, ofB) < WHOLE ? (BOX_STEPS / 2) * step : 0;
  const { left, top, width, height } = within(bounds, margin);
  const columns = Math.max(1, Math.floor(width / step));
  const rows = Math.max(1, Math.floor(height / step));
  const inside = new Uint8Array(columns * rows);
  const values = [new Float64Array(columns * rows), new Float64Array(columns * rows)] as const;
  const side = BOX_STEPS * step;
  const otherScale = scaleOf(toOther);
  const otherSide = side * otherScale;
  for (let row = 0; row < rows; row += 1)
    for (let column = 0; column < columns; column += 1) {
      const x = left + (column + 0.5) * step;
      const y = top + (row + 0.5) * step;
      const there = mapped(toOther, { x, y });
      if (!isInside(other, there, margin * otherScale) || !isInside(reference, { x, y }, margin)) continue;
      const index = row * columns + column;
      inside[index] = 1;
      values[0][index] = reference.luma.mean(x, y, side);
      values[1][index] = other.luma.mean(there.x, there.y, otherSide);
    }
  return {
    columns,
    rows,
    inside,
    a: values[isOfA ? 0 : 1],
    b: values[isOfA ? 1 : 0],
    origin: { x: left, y: top },
    step,
    reference: isOfA ? "a" : "b",
  };
};

/** Where one picture ends and the other goes on, a sample's box would have what only that one shows. */
const within = ({ left, top, width, height }: ReturnType<typeof boundsOf>, margin: number) => ({
  left: left + margin,
  top: top + margin,
  width: width - 2 * margin,
  height: height - 2 * margin,
});

const isInside = ({ width, height }: Size, { x, y }: Point, margin: number): boolean =>
  x >= margin && y >= margin && x <= width - margin && y <= height - margin;

/** Chroma at a point of a picture, between the centres of its cells. */
export const chromaAt = (cells: Uint8Array, { width, height }: Size, { x, y }: Point): number => {
  const [column, across] = cellOf(x / width);
  const [row, down] = cellOf(y / height);
  const level = (dx: number, dy: number): number =>
    byteAt(cells, Math.min(CHROMA_SIDE - 1, row + dy) * CHROMA_SIDE + Math.min(CHROMA_SIDE - 1, column + dx));
  const above = level(0, 0) * (1 - across) + level(1, 0) * across;
  const below = level(0, 1) * (1 - across) + level(1, 1) * across;
  return above * (1 - down) + below * down;
};

const cellOf = (part: number): [cell: number, beyond: number] => {
  const place = Math.max(0, Math.min(CHROMA_SIDE - 1, part * CHROMA_SIDE - 0.5));
  return [Math.floor(place), place % 1];
};

/** Where a point of the grid is, in pixels of the reference. */
export const pointOf = ({ origin, step, columns }: Samples, index: number): Point => ({
  x: origin.x + ((index % columns) + 0.5) * step,
  y: origin.y + (Math.floor(index / columns) + 0.5) * step,
});
