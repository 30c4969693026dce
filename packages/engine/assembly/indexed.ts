// The pairs of a tile pair that one band brings together: a self-join over a sorted band, not n queries.
//
// Rows are sorted by their band value (a counting sort), the first 128 bits of each beside them, so
// that candidates are read in order. Each value meets every value within `flips` bits of it once: 64
// values at a time, since one AND of two bitmaps says which of 64 pairs of values both have rows. Going
// from value to value instead, the branch that skips empty ones is mispredicted about every other time.

import { addEdge } from "./edges";
import { rowDistance } from "./rows";
import { Side } from "./sort-by-band";

let left: Side = changetype<Side>(0);
let right: Side = changetype<Side>(0);
let rowBytes: i32 = 0;
let radius: u64 = 0;
let wide: bool = false;
let earlier: usize = 0;
let earlierCount: i32 = 0;
let candidates: u64 = 0;
let once: bool = false;

/**
 * Gives an edge for each pair that this band, and no earlier one, brings together.
 * @param same `left` and `right` are one side: each pair once
 * @param valueCount a multiple of 64
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
  once = same;
  const blockBits = 31 - clz<i32>(valueCount >> 6);
  const regionBits = max(0, blockBits - REGION_BITS);
  joinParts(regionBits, blockBits - regionBits, 0, 0, flips);
  return <f64>candidates;
}

/** Blocks of a region, as bits: two regions of offsets and heads stay in a core's second cache while they meet. */
const REGION_BITS = 9;

/**
 * Part `mine` of the left side's values against part `theirs` of the right one's, where up to `flips` bits within
 * the parts may differ. Each has 2^bits parts of its own: regions, of which each has 2^below blocks.
 */
function joinParts(bits: i32, below: i32, mine: u32, theirs: u32, flips: i32): void {
  const all: u32 = (1 << bits) - 1;
  const itself = once && mine == theirs;
  for (let part: u32 = 0; part <= all; part++) {
    const from = (mine << bits) | part;
    const to = (theirs << bits) | part;
    if (below == 0 && load<u64>(left.filled + (<usize>from << 3)) == 0) continue;
    joinPart(below, from, to, flips);
    if (flips == 0) continue;
    // One that meets itself: each pair of its parts from the one whose highest differing bit is 0.
    for (let high = itself ? ~part & all : all; high != 0; high &= high - 1) {
      const bit = high & -high;
      joinPart(below, from, to ^ bit, flips - 1);
      if (flips == 1) continue;
      for (let low = bit - 1; low != 0; low &= low - 1) joinPart(below, from, to ^ bit ^ (low & -low), flips - 2);
    }
  }
}

// @ts-expect-error: a decorator of AssemblyScript
@inline
function joinPart(below: i32, mine: u32, theirs: u32, flips: i32): void {
  if (below > 0) joinParts(below, 0, mine, theirs, flips);
  else joinBlock(mine, theirs, flips);
}

/** 64 values of the left side against 64 of the right one: those that differ in at most `flips` of their lowest 6 bits. */
function joinBlock(block: u32, other: u32, flips: i32): void {
  const mine = load<u64>(left.filled + (<usize>block << 3));
  const theirs = load<u64>(right.filled + (<usize>other << 3));
  if (theirs == 0) return;
  const itself = once && block == other;
  if (itself) joinWithin(block, mine);
  else joinValues(block, other, 0, mine & theirs);
  if (flips == 0) return;
  for (let bit: u32 = 0; bit < 6; bit++) {
    // A block that meets itself: each pair of values from the one whose highest differing bit is 0.
    const from = itself ? mine & zeros(bit) : mine;
    const moved = swapped(theirs, bit);
    joinValues(block, other, 1 << bit, from & moved);
    if (flips == 1) continue;
    for (let low: u32 = 0; low < bit; low++)
      joinValues(block, other, (1 << bit) | (1 << low), from & swapped(moved, low));
  }
}

/** For each bit the numbers below 64 in which it is 0, as bitmaps. */
const ZEROS = memory.data<u64>([
  0x5555555555555555, 0x3333333333333333, 0x0f0f0f0f0f0f0f0f, 0x00ff00ff00ff00ff, 0x0000ffff0000ffff,
  0x00000000ffffffff,
]);

// @ts-expect-error: a decorator of AssemblyScript
@inline
function zeros(bit: u32): u64 {
  return load<u64>(ZEROS + (<usize>bit << 3));
}

/** A bitmap whose place v has what was at v with bit `bit` flipped (a delta swap, Knuth, TAOCP 7.1.3). */
// @ts-expect-error: a decorator of AssemblyScript
@inline
function swapped(bitmap: u64, bit: u32): u64 {
  const mask = zeros(bit);
  const by = <u64>1 << bit;
  return ((bitmap >> by) & mask) | ((bitmap & mask) << by);
}

/** Rows of the values in `both` against those of the values that differ from them in `difference`. */
function joinValues(block: u32, other: u32, difference: u32, both: u64): void {
  for (let rest = both; rest != 0; rest &= rest - 1) {
    const low = <u32>ctz<u64>(rest);
    const mine = left.offsets + (<usize>((block << 6) | low) << 2);
    const theirs = right.offsets + (<usize>((other << 6) | (low ^ difference)) << 2);
    const from = load<u32>(mine);
    const to = load<u32>(mine, 4);
    const first = load<u32>(theirs);
    const end = load<u32>(theirs, 4);
    candidates += <u64>(to - from) * <u64>(end - first);
    for (let place = from; place < to; place++) compare(place, first, end);
  }
}

/** Rows of each value against one another. */
function joinWithin(block: u32, filled: u64): void {
  for (let rest = filled; rest != 0; rest &= rest - 1) {
    const at = left.offsets + (<usize>((block << 6) | <u32>ctz<u64>(rest)) << 2);
    const from = load<u32>(at);
    const to = load<u32>(at, 4);
    candidates += (<u64>(to - from) * <u64>(to - from - 1)) >> 1;
    for (let place = from; place < to; place++) compare(place, place + 1, to);
  }
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
  if (distance > <i32>radius || inEarlierBand(x, y)) return;
  addEdge(i, j, distance);
}

/** The pair has at most its flips in an earlier band, which gave the edge. */
function inEarlierBand(x: usize, y: usize): bool {
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
export function sampleCollisions(
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
