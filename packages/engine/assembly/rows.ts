// Hashes as rows of `rowBytes` bytes, a multiple of eight.

/** Bytes of a row at most: 256 bits. */
export const ROW_BYTES = 32;

/**
 * Puts the bytes of each row in `order`. Neighbouring bits of a perceptual hash are alike, and those
 * who look at a row's first bytes only want a sample of all of it.
 * @param order 32 bytes: which byte of the row comes at each place; 255 beyond the row
 */
export function reorderBytes(rows: usize, count: i32, rowBytes: i32, order: usize): void {
  // What swizzle gets for a place beyond its sixteen bytes is zero.
  const sixteen = i8x16.splat(16);
  const low = v128.load(order);
  const high = v128.load(order, 16);
  const lowRest = i8x16.sub(low, sixteen);
  const highRest = i8x16.sub(high, sixteen);
  const end = rows + <usize>count * <usize>rowBytes;
  for (let at = rows; at < end; at += <usize>rowBytes) {
    const x = v128.load(at);
    const y = v128.load(at, 16);
    const first = v128.or(i8x16.swizzle(x, low), i8x16.swizzle(y, lowRest));
    const second = v128.or(i8x16.swizzle(x, high), i8x16.swizzle(y, highRest));
    v128.store64_lane(at, first, 0);
    if (rowBytes > 8) v128.store64_lane(at, first, 1, 8);
    if (rowBytes > 16) v128.store64_lane(at, second, 0, 16);
    if (rowBytes > 24) v128.store64_lane(at, second, 1, 24);
  }
}

/**
 * Keeps the first of equal rows, and its ordinal; the kept ones move together, in their order.
 * @param table scratch of `slots` u64, a power of two and at least 1.5 for each row: a row's place from 1 on, and above
 * it half of its hash, so that other rows are seldom looked at
 * @returns rows kept
 */
export function collapseRows(rows: usize, ordinals: usize, count: i32, rowBytes: i32, table: usize, slots: i32): i32 {
  const width = <usize>rowBytes;
  let kept = 0;
  memory.fill(table, 0, <usize>slots << 3);
  for (let row = 0; row < count; row++) {
    const from = rows + <usize>row * width;
    const hash = hashRow(from, rowBytes);
    const tag = hash << 32;
    let slot = <u32>(hash >> 32) & <u32>(slots - 1);
    let equal = false;
    for (;;) {
      const taken = load<u64>(table + (<usize>slot << 3));
      if (taken == 0) break;
      const other = <usize>(<u32>taken - 1);
      if ((taken ^ tag) >> 32 == 0 && memory.compare(rows + other * width, from, width) == 0) {
        equal = true;
        break;
      }
      slot = (slot + 1) & <u32>(slots - 1);
    }
    if (equal) continue;
    if (kept != row) {
      memory.copy(rows + <usize>kept * width, from, width);
      store<u32>(ordinals + <usize>kept * 4, load<u32>(ordinals + <usize>row * 4));
    }
    kept++;
    store<u64>(table + (<usize>slot << 3), tag | kept);
  }
  return kept;
}

/** Mixes a row's words by multiplication and rotation (the finalizer of MurmurHash3). */
function hashRow(row: usize, rowBytes: i32): u64 {
  let hash: u64 = 0;
  for (let at = 0; at < rowBytes; at += 8) {
    hash = (rotl<u64>(hash, 27) ^ load<u64>(row + <usize>at)) * 0xff51afd7ed558ccd;
    hash ^= hash >> 33;
  }
  return hash * 0xc4ceb9fe1a85ec53;
}

/** Hamming distance of two rows. */
export function rowDistance(a: usize, b: usize, rowBytes: i32): i32 {
  let distance: u64 = 0;
  for (let at: usize = 0; at < <usize>rowBytes; at += 8) {
    distance += popcnt<u64>(load<u64>(a + at) ^ load<u64>(b + at));
  }
  return <i32>distance;
}
