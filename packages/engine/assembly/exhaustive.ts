// Every row of one block against every row of another, 64 columns at a time.
//
// The right block lies in byte planes: plane k of 64 rows holds their k-th bytes, one a SIMD lane. A row's distance to
// 64 columns then grows a byte at a time, and after `stageBytes` bytes all 64 are given up together when none is within
// the radius so far (partial-distance early-out).

import { addEdge } from "./edges";
import { ROW_BYTES } from "./rows";

const LANES: i32 = 16;
const COLUMNS: i32 = 64;

/** Each byte of the row at hand in all lanes. */
const SPLATS = memory.data(ROW_BYTES * LANES, 16);
/** Of the row at hand to 64 columns. */
const DISTANCES = memory.data(COLUMNS, 16);

/** Lays rows out in byte planes; the last 64 are filled up with zeros. */
export function toPlanes(rows: usize, count: i32, rowBytes: i32, planes: usize): void {
  const padded = (count + COLUMNS - 1) & ~(COLUMNS - 1);
  for (let row = 0; row < padded; row++) {
    const at = planes + <usize>((row & ~(COLUMNS - 1)) * rowBytes + (row & (COLUMNS - 1)));
    const from = rows + <usize>row * <usize>rowBytes;
    for (let k = 0; k < rowBytes; k++) {
      store<u8>(at + <usize>(k * COLUMNS), row < count ? load<u8>(from + <usize>k) : 0);
    }
  }
}

/** One bits in which a splat byte differs from 16 of the 64 bytes of a plane, lane by lane. */
// @ts-expect-error: a decorator of AssemblyScript
@inline
function difference(splat: v128, plane: usize, part: usize): v128 {
  return i8x16.popcnt(v128.xor(splat, v128.load(plane + part * LANES)));
}

/**
 * Gives an edge for each pair within the radius.
 * @param left rows; `leftFirst` is the number of the first, `rightFirst` that of the first in `planes`
 * @param same the two blocks are one: only columns after the row
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
): void {
  const within = i8x16.splat(<i8>radius);
  for (let row = 0; row < leftCount; row++) {
    const from = left + <usize>(row * rowBytes);
    for (let k = 0; k < rowBytes; k++) {
      v128.store(SPLATS + <usize>(k * LANES), i8x16.splat(<i8>load<u8>(from + <usize>k)));
    }
    for (let column = same ? (row + 1) & ~(COLUMNS - 1) : 0; column < rightCount; column += COLUMNS) {
      let plane = planes + <usize>(column * rowBytes);
      const stageEnd = plane + <usize>(stageBytes * COLUMNS);
      const end = plane + <usize>(rowBytes * COLUMNS);
      let splat = SPLATS;
      let d0 = i8x16.splat(0);
      let d1 = d0;
      let d2 = d0;
      let d3 = d0;
      // To the early-out, and, if one of them is near, to the end. 255 is as far as a lane counts.
      for (let until = stageEnd; ; until = end) {
        for (; plane < until; plane += COLUMNS) {
          const s = v128.load(splat);
          d0 = i8x16.add_sat_u(d0, difference(s, plane, 0));
          d1 = i8x16.add_sat_u(d1, difference(s, plane, 1));
          d2 = i8x16.add_sat_u(d2, difference(s, plane, 2));
          d3 = i8x16.add_sat_u(d3, difference(s, plane, 3));
          splat += LANES;
        }
        if (plane == end) break;
        if (!v128.any_true(i8x16.le_u(i8x16.min_u(i8x16.min_u(d0, d1), i8x16.min_u(d2, d3)), within))) break;
      }
      if (plane < end) continue;
      let hits =
        (<u64>(<u32>i8x16.bitmask(i8x16.le_u(d0, within)))) |
        ((<u64>(<u32>i8x16.bitmask(i8x16.le_u(d1, within)))) << 16) |
        ((<u64>(<u32>i8x16.bitmask(i8x16.le_u(d2, within)))) << 32) |
        ((<u64>(<u32>i8x16.bitmask(i8x16.le_u(d3, within)))) << 48);
      if (same && column <= row) hits &= (<u64>-2) << <u64>(row - column);
      if (rightCount - column < COLUMNS) hits &= (<u64>1 << <u64>(rightCount - column)) - 1;
      if (hits == 0) continue;
      v128.store(DISTANCES, d0);
      v128.store(DISTANCES, d1, 16);
      v128.store(DISTANCES, d2, 32);
      v128.store(DISTANCES, d3, 48);
      for (; hits != 0; hits &= hits - 1) {
        const lane = <i32>ctz(hits);
        addEdge(leftFirst + row, rightFirst + column + lane, <u32>load<u8>(DISTANCES + <usize>lane));
      }
    }
  }
}
