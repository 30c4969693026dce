// The pairs of a tile pair that one band brings together: a self-join over a sorted band, not n queries.
//
// Rows are sorted by their band value (a counting sort), the first 128 bits of each beside them, so
// that candidates are read in order. Each value meets every value within `flips` bits of it once.

import { addEdge } from "./edges";
import { rowDistance } from "./rows";

/** Rows sorted by the band: a value v has the places offsets[v] … offsets[v + 1] - 1. */
@unmanaged
export class Side {
  rows: usize;
  /** Number of a row in what is joined, u32 a place. */
  rowOf: usize;
  offsets: usize;
  /** The first `headBytes` of each row, by place. */
  heads: usize;
}

/**
 * The band's value of each row: the bits that `tables` picks, u32 a row.
 * @param bytes which bytes of a row have bits of the band, u8 each
 * @param tables 256 u32 for each of `bytes`: what a byte adds to the value
 */
export function bandValues(
  rows: usize,
  count: i32,
  rowBytes: i32,
  bytes: usize,
  byteCount: i32,
  tables: usize,
  values: usize,
): void {
  for (let row = 0; row < count; row++) {
    const at = rows + <usize>row * <usize>rowBytes;
    let value: u32 = 0;
    for (let k = 0; k < byteCount; k++) {
      const byte = <u32>load<u8>(at + <usize>load<u8>(bytes + <usize>k));
      value |= load<u32>(tables + <usize>(((<u32>k << 8) | byte) << 2));
    }
    store<u32>(values + <usize>row * 4, value);
  }
}

/** Counting sort of the rows by `values`; `side.offsets` has `valueCount` + 1 u32. */
export function sortByBand(side: Side, count: i32, rowBytes: i32, values: usize, valueCount: i32): void {
  const offsets = side.offsets;
  memory.fill(offsets, 0, (<usize>valueCount + 1) * 4);
  for (let row = 0; row < count; row++) {
    const at = offsets + <usize>load<u32>(values + <usize>row * 4) * 4;
    store<u32>(at, load<u32>(at) + 1);
  }
  // The end of each value's places, counted down to their start while the rows are placed.
  let end: u32 = 0;
  for (let value = 0; value <= valueCount; value++) {
    const at = offsets + <usize>value * 4;
    end += load<u32>(at);
    store<u32>(at, end);
  }
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

let left: Side = changetype<Side>(0);
let right: Side = changetype<Side>(0);
let rowBytes: i32 = 0;
let radius: u64 = 0;
let wide: bool = false;
let earlier: usize = 0;
let earlierCount: i32 = 0;
let candidates: u64 = 0;

/**
 * Gives an edge for each pair that this band, and no earlier one, brings together.
 * @param same `left` and `right` are one side: each pair once
 * @param earlierBands for each earlier band a mask of `rowBytes` bytes, then its flips as u64
 * @returns candidates compared
 */
export function joinBand(
  a: Side,
  b: Side,
  same: bool,
  bytesOfRow: i32,
  valueCount: i32,
  flips: i32,
  maxDistance: i32,
  earlierBands: usize,
  earlierBandCount: i32,
): f64 {
  left = a;
  right = b;
  rowBytes = bytesOfRow;
  radius = maxDistance;
  wide = bytesOfRow > 8;
  earlier = earlierBands;
  earlierCount = earlierBandCount;
  candidates = 0;
  const all = <u32>valueCount - 1;
  for (let value: u32 = 0; value <= all; value++) {
    const from = load<u32>(a.offsets + <usize>value * 4);
    const to = load<u32>(a.offsets + <usize>value * 4, 4);
    if (from == to) continue;
    if (same) meetWithin(from, to);
    else meet(from, to, value);
    if (flips == 0) continue;
    // With one side, a pair of values is met from the one whose highest differing bit is 0.
    for (let high = same ? ~value & all : all; high != 0; high &= high - 1) {
      const bit = high & -high;
      const other = value ^ bit;
      meet(from, to, other);
      if (flips == 1) continue;
      for (let low = bit - 1; low != 0; low &= low - 1) meet(from, to, other ^ (low & -low));
    }
  }
  return <f64>candidates;
}

/** Rows of a value of the left side against those of a value of the right one. */
// @ts-expect-error: a decorator of AssemblyScript
@inline
function meet(from: u32, to: u32, value: u32): void {
  const at = right.offsets + <usize>value * 4;
  const first = load<u32>(at);
  const end = load<u32>(at, 4);
  if (first == end) return;
  candidates += <u64>(to - from) * <u64>(end - first);
  for (let place = from; place < to; place++) compare(place, first, end);
}

// @ts-expect-error: a decorator of AssemblyScript
@inline
function meetWithin(from: u32, to: u32): void {
  candidates += (<u64>(to - from) * <u64>(to - from - 1)) >> 1;
  for (let place = from; place < to; place++) compare(place, place + 1, to);
}

// @ts-expect-error: a decorator of AssemblyScript
@inline
function compare(place: u32, first: u32, end: u32): void {
  if (wide) {
    const row = left.heads + ((<usize>place) << 4);
    const head = load<u64>(row);
    const tail = load<u64>(row, 8);
    let at = right.heads + ((<usize>first) << 4);
    for (let other = first; other < end; other++) {
      if (popcnt<u64>(head ^ load<u64>(at)) + popcnt<u64>(tail ^ load<u64>(at, 8)) <= radius) verify(place, other);
      at += 16;
    }
  } else {
    const head = load<u64>(left.heads + ((<usize>place) << 3));
    let at = right.heads + ((<usize>first) << 3);
    for (let other = first; other < end; other++) {
      if (popcnt<u64>(head ^ load<u64>(at)) <= radius) verify(place, other);
      at += 8;
    }
  }
}

function verify(place: u32, other: u32): void {
  const i = load<u32>(left.rowOf + <usize>place * 4);
  const j = load<u32>(right.rowOf + <usize>other * 4);
  const x = left.rows + <usize>i * <usize>rowBytes;
  const y = right.rows + <usize>j * <usize>rowBytes;
  const distance = rowDistance(x, y, rowBytes);
  if (distance > <i32>radius || metEarlier(x, y)) return;
  addEdge(i, j, distance);
}

/** The pair has at most its flips in an earlier band, which gave the edge. */
function metEarlier(x: usize, y: usize): bool {
  let band = earlier;
  for (let n = 0; n < earlierCount; n++) {
    if (meets(x, y, <usize>rowBytes, band)) return true;
    band += <usize>rowBytes + 8;
  }
  return false;
}

// @ts-expect-error: a decorator of AssemblyScript
@inline
function meets(x: usize, y: usize, width: usize, band: usize): bool {
  let differing: u64 = 0;
  for (let at: usize = 0; at < width; at += 8) {
    differing += popcnt<u64>((load<u64>(x + at) ^ load<u64>(y + at)) & load<u64>(band + at));
  }
  return differing <= load<u64>(band + width);
}

/**
 * How often `samples` pairs of rows, spread over both sides, are brought together by bands.
 * @param bands as `earlierBands` of `joinBand`, all of them
 */
export function sampleMeetings(
  x: usize,
  xCount: i32,
  y: usize,
  yCount: i32,
  bytesOfRow: i32,
  bands: usize,
  bandCount: i32,
  samples: i32,
): i32 {
  const width = <usize>bytesOfRow;
  let state: u32 = 1;
  let meetings = 0;
  for (let sample = 0; sample < samples; sample++) {
    state = state * 1664525 + 1013904223;
    const i = <usize>((<u64>state * <u64>xCount) >> 32);
    state = state * 1664525 + 1013904223;
    const j = <usize>((<u64>state * <u64>yCount) >> 32);
    let band = bands;
    for (let n = 0; n < bandCount; n++) {
      if (meets(x + i * width, y + j * width, width, band)) meetings++;
      band += width + 8;
    }
  }
  return meetings;
}
