import { at, byteAt } from "@lookalike/shared/domain/primitives/columns";
import type { Luma } from "./evidence-memory.ts";
import { ROW_STEP, type TextureCounts } from "./texture-counts.ts";

const LEVELS = 256;

/** The counts in plain code: the reference that the kernel count_texture must agree with. */
export const plainCounts = ({ luma, width, height }: Luma): TextureCounts => {
  const histogram = new Uint32Array(LEVELS);
  const rows = luma.filter((_, index) => Math.floor(index / width) % ROW_STEP === 0);
  for (const level of rows) histogram[level] = at(histogram, level) + 1;
  const levels = (from: number, to: number): number =>
    histogram.subarray(from, to + 1).reduce((total, count) => total + count, 0);
  const background = backgroundOf(levels);
  const pixel = (x: number, y: number): number => byteAt(luma, y * width + x);
  const inner = { count: 0, edges: 0, axisEdges: 0, smooth: 0, sharpness: 0 };
  for (let y = ROW_STEP; y < height - 1; y += ROW_STEP)
    for (let x = 1; x < width - 1; x += 1) {
      const across = Math.abs(pixel(x - 1, y) - pixel(x + 1, y));
      const along = Math.abs(pixel(x, y - 1) - pixel(x, y + 1));
      const [smaller, larger] = across < along ? [across, along] : [along, across];
      const neighbours = pixel(x - 1, y) + pixel(x + 1, y) + pixel(x, y - 1) + pixel(x, y + 1);
      inner.count += 1;
      if (larger >= 48) inner.edges += 1;
      if (larger >= 48 && smaller * 8 <= larger) inner.axisEdges += 1;
      if (larger <= 2) inner.smooth += 1;
      inner.sharpness += (4 * pixel(x, y) - neighbours) ** 2;
    }
  return {
    pixels: rows.length,
    sum: rows.reduce((total, level) => total + level, 0),
    squares: rows.reduce((total, level) => total + level * level, 0),
    black: levels(0, 2),
    white: levels(253, 255),
    inner: inner.count,
    edges: inner.edges,
    axisEdges: inner.axisEdges,
    smooth: inner.smooth,
    strokes: strokesOf(rows, width, background),
    background,
    backgroundPixels: levels(background - 4, background + 4),
    rows: linesOf(height, width, (line, index) => pixel(index, line)),
    columns: linesOf(width, height, pixel),
    sharpness: inner.sharpness,
  };
};

const backgroundOf = (levels: (from: number, to: number) => number): number => {
  let best = 0;
  let most = 0;
  for (let level = 4; level + 4 < LEVELS; level += 1) {
    const count = levels(level - 4, level + 4);
    if (count > most) [best, most] = [level, count];
  }
  return best;
};

const strokesOf = (luma: Uint8Array, width: number, background: number): number => {
  let strokes = 0;
  for (let from = 0; from < luma.length; from += width) {
    const row = Array.from(luma.subarray(from, from + width), (level) => Math.abs(level - background) >= 24);
    const runs = row.map((isStroke) => (isStroke ? "x" : " ")).join("");
    strokes += [...runs.matchAll(/(?<= )x{1,8}(?= )/g)].length;
  }
  return strokes;
};

const linesOf = (lines: number, length: number, pixel: (line: number, index: number) => number): number => {
  let found = 0;
  for (let line = 1; line < lines; line += 1) {
    let changed = 0;
    for (let index = 0; index < length; index += 1)
      if (Math.abs(pixel(line, index) - pixel(line - 1, index)) >= 12) changed += 1;
    if (2 * changed >= length) found += 1;
  }
  return found;
};
