// Rows sorted by their band value, by counting, the first 128 bits of each beside them.

import { ROW_BYTES } from "./rows";

/** Rows sorted by the band: a value v has the places offsets[v] … offsets[v + 1] - 1. */
@unmanaged
export class Side {
  rows: usize;
  /** Number of a row in what is joined, u32 a place. */
  rowOf: usize;
  offsets: usize;
  /** A bit for each value that has rows. */
  filled: usize;
  /** The first `headBytes` of each row, by place. */
  heads: usize;
}

/** The bytes of a row that have bits of the band, u8 each. */
const BYTES = memory.data(ROW_BYTES);
/** For each of those bytes 256 u32: what it adds to the band's value. */
const TABLES = memory.data(ROW_BYTES << 10, 4);

/** Fills `BYTES` and `TABLES`. @returns how many bytes of a row have bits of the band */
function prepareTables(rowBytes: i32, mask: usize): i32 {
  let byteCount = 0;
  let width = 0;
  for (let at = 0; at < rowBytes; at++) {
    const bits = <u32>load<u8>(mask + <usize>at);
    if (bits == 0) continue;
    store<u8>(BYTES + <usize>byteCount, at);
    const table = TABLES + (<usize>byteCount << 10);
    for (let byte: u32 = 0; byte < 256; byte++) {
      let value: u32 = 0;
      let place = width;
      for (let rest = bits; rest != 0; rest &= rest - 1) value |= ((byte >> ctz<u32>(rest)) & 1) << place++;
      store<u32>(table + (<usize>byte << 2), value);
    }
    width += popcnt<u32>(bits);
    byteCount++;
  }
  return byteCount;
}

function bandValue(row: usize, byteCount: i32): u32 {
  let value: u32 = 0;
  for (let k: usize = 0; k < <usize>byteCount; k++) {
    const byte = <usize>load<u8>(row + <usize>load<u8>(BYTES + k));
    value |= load<u32>(TABLES + (k << 10) + (byte << 2));
  }
  return value;
}

/**
 * Counting sort of the rows by the bits that `mask` picks; `side.offsets` has `valueCount` + 1 u32, `side.filled` as
 * many bits as values.
 * @param values scratch, u32 a row
 */
export function sortByBand(
  side: Side,
  count: i32,
  rowBytes: i32,
  mask: usize,
  values: usize,
  valueCount: i32,
): void {
  const byteCount = prepareTables(rowBytes, mask);
  const offsets = side.offsets;
  memory.fill(offsets, 0, (<usize>valueCount + 1) * 4);
  for (let row = 0; row < count; row++) {
    const value = bandValue(side.rows + <usize>row * <usize>rowBytes, byteCount);
    store<u32>(values + <usize>row * 4, value);
    const at = offsets + <usize>value * 4;
    store<u32>(at, load<u32>(at) + 1);
  }
  // The end of each value's places, counted down to their start while the rows are placed.
  let end: u32 = 0;
  for (let block = 0; block < valueCount >> 6; block++) {
    let filled: u64 = 0;
    for (let low = 0; low < 64; low++) {
      const at = offsets + <usize>((block << 6) | low) * 4;
      const rows = load<u32>(at);
      filled |= <u64>(rows != 0) << low;
      end += rows;
      store<u32>(at, end);
    }
    store<u64>(side.filled + (<usize>block << 3), filled);
  }
  store<u32>(offsets + <usize>valueCount * 4, end);
  const wide = rowBytes > 8;
  const headBytes: usize = wide ? 16 : 8;
  for (let row = count - 1; row >= 0; row--) {
    const at = offsets + <usize>load<u32>(values + <usize>row * 4) * 4;
    const place = <usize>load<u32>(at) - 1;
    store<u32>(at, <u32>place);
    const from = side.rows + <usize>row * <usize>rowBytes;
    store<u32>(side.rowOf + place * 4, row);
    const head = side.heads + place * headBytes;
    store<u64>(head, load<u64>(from));
    if (wide) store<u64>(head, load<u64>(from, 8), 8);
  }
}
