// The pairs that one band brings together: a self-join over sorted rows, instead of one query for each row.
//
// Each value is joined once with every value within `flips` bits of it, 64 values at a time: one AND of two bitmaps
// says which of 64 pairs of values both have rows. A branch that skips empty values would be mispredicted about every
// other time.
#include "join-band.h"

#include "kernel.h"
#if defined(__AVX512VPOPCNTDQ__)
#include "compare-places-avx512.h"
#else
#include "compare-places.h"
#endif

// Blocks of a region, as bits: the offsets and heads of two regions stay in a core's second-level cache during their
// join.
enum { REGION_BITS = 9 };

// For each bit the numbers below 64 in which it is 0, as bitmaps.
static const uint64_t zeros[] = {0x5555555555555555, 0x3333333333333333, 0x0f0f0f0f0f0f0f0f,
                                 0x00ff00ff00ff00ff, 0x0000ffff0000ffff, 0x00000000ffffffff};

// A bitmap whose place v has what was at v with bit `bit` flipped (a delta swap, Knuth, TAOCP 7.1.3).
static inline uint64_t swapped(uint64_t bitmap, uint32_t bit) {
  const uint32_t by = 1u << bit;
  return (bitmap >> by & zeros[bit]) | (bitmap & zeros[bit]) << by;
}

// Joins the rows of the values in `both` with those of the values that differ from them by `difference`.
static void join_values(BandJoin *join, uint32_t block, uint32_t other, uint32_t difference, uint64_t both) {
  const bool itself = join->same && block == other && difference == 0;
  for (; both != 0; both &= both - 1) {
    const uint32_t low = (uint32_t)__builtin_ctzll(both);
    const uint32_t *left = &join->left.offsets[block * BLOCK_VALUES + low];
    const uint32_t *right = &join->right.offsets[other * BLOCK_VALUES + (low ^ difference)];
    const uint64_t rows = left[1] - left[0];
    join->candidates += itself ? rows * (rows - 1) / 2 : rows * (right[1] - right[0]);
    compare_places(join, left[0], left[1], right[0], right[1], itself);
  }
}

// Joins 64 values of the left side with 64 of the right one: those that differ in at most `flips` of their lowest bits.
static void join_block(BandJoin *join, uint32_t block, uint32_t other, uint32_t flips) {
  const uint64_t left = join->left.filled[block], right = join->right.filled[other];
  if (right == 0) return;
  join_values(join, block, other, 0, left & right);
  for (uint32_t bit = 0; flips > 0 && bit < 6; bit++) {
    // In a block with itself, each pair of values comes from the one whose highest differing bit is 0.
    const uint64_t from = join->same && block == other ? left & zeros[bit] : left;
    const uint64_t moved = swapped(right, bit);
    join_values(join, block, other, 1u << bit, from & moved);
    for (uint32_t low = 0; flips > 1 && low < bit; low++)
      join_values(join, block, other, 1u << bit | 1u << low, from & swapped(moved, low));
  }
}

static void join_parts(BandJoin *join, uint32_t bits, uint32_t below, uint32_t left, uint32_t right, uint32_t flips);

static inline void join_part(BandJoin *join, uint32_t below, uint32_t left, uint32_t right, uint32_t flips) {
  if (below > 0) join_parts(join, below, 0, left, right, flips);
  else join_block(join, left, right, flips);
}

// Joins part `left` of the left side's values with part `right` of the right side's, where up to `flips` bits within
// the parts may differ. Each has 2^bits smaller parts: regions, each of 2^below blocks, or blocks.
static void join_parts(BandJoin *join, uint32_t bits, uint32_t below, uint32_t left, uint32_t right, uint32_t flips) {
  const uint32_t all = (1u << bits) - 1;
  const bool itself = join->same && left == right;
  for (uint32_t part = 0; part <= all; part++) {
    const uint32_t from = left << bits | part, to = right << bits | part;
    if (below == 0 && join->left.filled[from] == 0) continue;
    join_part(join, below, from, to, flips);
    // In a part with itself, each pair of smaller parts comes from the one whose highest differing bit is 0.
    for (uint32_t high = flips == 0 ? 0 : itself ? ~part & all : all; high != 0; high &= high - 1) {
      const uint32_t bit = high & -high;
      join_part(join, below, from, to ^ bit, flips - 1);
      for (uint32_t low = flips == 1 ? 0 : bit - 1; low != 0; low &= low - 1)
        join_part(join, below, from, to ^ bit ^ (low & -low), flips - 2);
    }
  }
}

// Adds an edge for each pair that this band, and no earlier one, brings together.
// @param same         `left` and `right` are one side: each pair once
// @param value_count  a multiple of 64
// @param earlier      for each earlier band a mask of `row_bytes` bytes, then its flips in 64 bits
// @returns candidates compared
KERNEL(join_band, left, right, same, row_bytes, value_count, flips, radius, earlier, earlier_count, edges,
       edge_capacity) {
  BandJoin join = {.left = side_at(memory, in.left),
                   .right = side_at(memory, in.right),
                   .same = in.same != 0,
                   .row_words = in.row_bytes / sizeof(uint64_t),
                   .radius = in.radius,
                   .earlier = (const uint64_t *)(memory + in.earlier),
                   .earlier_count = in.earlier_count,
                   .edges = {(uint32_t *)(memory + in.edges), in.edge_capacity, 0}};
  join.left_second = join.left.heads + join.left.offsets[in.value_count];
  join.right_second = join.right.heads + join.right.offsets[in.value_count];
  const uint32_t block_bits = (uint32_t)__builtin_ctz(in.value_count / BLOCK_VALUES);
  const uint32_t region_bits = block_bits > REGION_BITS ? block_bits - REGION_BITS : 0;
  join_parts(&join, region_bits, block_bits - region_bits, 0, 0, in.flips);
  flush_edges(&join.edges);
  return (double)join.candidates;
}

// Counts how often `samples` pairs of rows, spread over both sides, are brought together by bands.
// @param bands  as `earlier` of join_band, all of them
KERNEL(sample_collisions, left, left_count, right, right_count, row_bytes, bands, band_count, samples) {
  const uint64_t *left = (const uint64_t *)(memory + in.left), *right = (const uint64_t *)(memory + in.right);
  const uint64_t *bands = (const uint64_t *)(memory + in.bands);
  const size_t row_words = in.row_bytes / sizeof *left;
  uint32_t state = 1, collisions = 0;
  for (uint32_t sample = 0; sample < in.samples; sample++) {
    // A linear congruential generator (Numerical Recipes), its high bits scaled to the count.
    state = state * 1664525 + 1013904223;
    const uint64_t *x = left + ((uint64_t)state * in.left_count >> 32) * row_words;
    state = state * 1664525 + 1013904223;
    const uint64_t *y = right + ((uint64_t)state * in.right_count >> 32) * row_words;
    for (size_t band = 0; band < in.band_count; band++)
      collisions += in_band(x, y, row_words, bands + band * (row_words + 1));
  }
  return collisions;
}
