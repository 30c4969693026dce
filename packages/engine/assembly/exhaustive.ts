// Every row of one block against every row of another, 64 columns at a time.
//
// The right block lies in byte planes: plane k of a group of 16 rows holds their k-th bytes, one a
// SIMD lane. A row's distance to 64 columns then grows a byte at a time, and after `stageBytes` bytes
// all 64 are given up together when none is within the radius so far (partial-distance early-out).

import { addEdge } from "./edges";

const LANES: i32 = 16;
const COLUMNS: i32 = 64;

/** Lays rows out in byte planes; the last 64 are filled up with zeros. */
export function toPlanes(rows: usize, count: i32, rowBytes: i32, planes: usize): void {
  const padded = (count + COLUMNS - 1) & ~(COLUMNS - 1);
  for (let row = 0; row < padded; row++) {
    const group = planes + <usize>((row & ~(LANES - 1)) * rowBytes + (row & (LANES - 1)));
    const from = rows + <usize>row * <usize>rowBytes;
    for (let k = 0; k < rowBytes; k++) {
      store<u8>(group + <usize>(k * LANES), row < count ? load<u8>(from + <usize>k) : 0);
    }
  }
}

// @ts-expect-error: a decorator of AssemblyScript
@inline
function difference(splat: usize, plane: usize): v128 {
  return i8x16.popcnt(v128.xor(v128.load(splat), v128.load(plane)));
}

/**
 * Gives an edge for each pair within the radius.
 * @param left rows; `leftFirst` is the number of the first, `rightFirst` that of the first in `planes`
 * @param same the two blocks are one: only columns after the row
 * @param scratch 16 bytes for each byte of a row, and 64 more
 */
export function joinRows(
  left: usize,
  leftFirst: i32,
  leftCount: i32,
  planes: usize,
  rightFirst: i32,
  rightCount: i32,
  rowBytes: i32,
  stageBytes: i32,
  radius: i32,
  same: bool,
  scratch: usize,
): void {
  const within = i8x16.splat(<i8>radius);
  const groupBytes = <usize>(rowBytes * LANES);
  const stageEnd = <usize>(stageBytes * LANES);
  const distances = scratch + groupBytes;
  for (let row = 0; row < leftCount; row++) {
    const from = left + <usize>(row * rowBytes);
    for (let k = 0; k < rowBytes; k++) {
      v128.store(scratch + <usize>(k * LANES), i8x16.splat(<i8>load<u8>(from + <usize>k)));
    }
    for (let column = same ? (row + 1) & ~(COLUMNS - 1) : 0; column < rightCount; column += COLUMNS) {
      const p0 = planes + <usize>(column * rowBytes);
      const p1 = p0 + groupBytes;
      const p2 = p1 + groupBytes;
      const p3 = p2 + groupBytes;
      let d0 = i8x16.splat(0);
      let d1 = d0;
      let d2 = d0;
      let d3 = d0;
      for (let k: usize = 0; k < stageEnd; k += LANES) {
        const s = v128.load(scratch + k);
        d0 = i8x16.add(d0, i8x16.popcnt(v128.xor(s, v128.load(p0 + k))));
        d1 = i8x16.add(d1, i8x16.popcnt(v128.xor(s, v128.load(p1 + k))));
        d2 = i8x16.add(d2, i8x16.popcnt(v128.xor(s, v128.load(p2 + k))));
        d3 = i8x16.add(d3, i8x16.popcnt(v128.xor(s, v128.load(p3 + k))));
      }
      if (!v128.any_true(i8x16.le_u(i8x16.min_u(i8x16.min_u(d0, d1), i8x16.min_u(d2, d3)), within))) continue;
      // 255 is as far as a lane counts, and farther than any radius.
      for (let k = stageEnd; k < groupBytes; k += LANES) {
        d0 = i8x16.add_sat_u(d0, difference(scratch + k, p0 + k));
        d1 = i8x16.add_sat_u(d1, difference(scratch + k, p1 + k));
        d2 = i8x16.add_sat_u(d2, difference(scratch + k, p2 + k));
        d3 = i8x16.add_sat_u(d3, difference(scratch + k, p3 + k));
      }
      let hits =
        (<u64>(<u32>i8x16.bitmask(i8x16.le_u(d0, within)))) |
        ((<u64>(<u32>i8x16.bitmask(i8x16.le_u(d1, within)))) << 16) |
        ((<u64>(<u32>i8x16.bitmask(i8x16.le_u(d2, within)))) << 32) |
        ((<u64>(<u32>i8x16.bitmask(i8x16.le_u(d3, within)))) << 48);
      if (same && column <= row) hits &= (<u64>-2) << <u64>(row - column);
      if (rightCount - column < COLUMNS) hits &= (<u64>1 << <u64>(rightCount - column)) - 1;
      if (hits == 0) continue;
      v128.store(distances, d0);
      v128.store(distances, d1, 16);
      v128.store(distances, d2, 32);
      v128.store(distances, d3, 48);
      for (; hits != 0; hits &= hits - 1) {
        const lane = <i32>ctz(hits);
        addEdge(leftFirst + row, rightFirst + column + lane, <u32>load<u8>(distances + <usize>lane));
      }
    }
  }
}
