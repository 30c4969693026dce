// The pairs that one band brings together: a self-join over sorted rows, instead of one query for each row.
//
// Each value is joined once with every value within `flips` bits of it, 64 values at a time: one AND of two bitmaps
// says which of 64 pairs of values both have rows. A branch that skips empty values would be mispredicted about every
// other time.
#include "kernel.h"
#include "rows.h"

typedef struct {
  Side left, right;
  const uint64_t *left_second, *right_second;  // the second words of the rows, by place
  bool same;                                   // the two sides are one: each pair of rows once
  size_t row_words;
  uint32_t radius;
  const uint64_t *earlier;  // for each earlier band a mask of row_words words, then its flips
  size_t earlier_count;
  uint64_t candidates;
  Edges edges;
} BandJoin;

// Whether a pair of rows is in a band: at most its flips of the mask's bits differ.
static inline bool in_band(const uint64_t *x, const uint64_t *y, size_t row_words, const uint64_t *band) {
  return masked_distance(x, y, row_words, band) <= band[row_words];
}

// Adds the edge of two places whose rows are within the radius, unless an earlier band has it.
static __attribute__((noinline)) void add_pair(BandJoin *join, size_t place, size_t other) {
  const size_t row_words = join->row_words;
  const uint32_t i = join->left.row_of[place], j = join->right.row_of[other];
  const uint64_t *x = join->left.rows + i * row_words, *y = join->right.rows + j * row_words;
  const uint32_t distance = row_distance(x, y, row_words);
  if (distance > join->radius) return;
  for (size_t band = 0; band < join->earlier_count; band++)
    if (in_band(x, y, row_words, join->earlier + band * (row_words + 1))) return;
  add_edge(&join->edges, i, j, distance);
}

// compare_places: the left side's places from `first` to `end` against the right side's from `from` to `to`, by their
// first two words. Where both are the same places (`itself`), each is compared with those after it.
#if defined(__AVX512VPOPCNTDQ__)
#include "compare-places-avx512.h"
#else
// The first of the places from `at` to `end` whose words are within the radius of these; `end` if none is. The second
// words are `second_words` words after the first ones; 0: there are none.
INLINE const uint64_t *next_near(const uint64_t *at, const uint64_t *end, uint64_t head, uint64_t second,
                                 size_t second_words, uint64_t radius) {
  for (; at < end; at++) {
    uint64_t distance = (uint64_t)__builtin_popcountll(head ^ at[0]);
    if (second_words > 0) distance += (uint64_t)__builtin_popcountll(second ^ at[second_words]);
    if (distance <= radius) break;
  }
  return at;
}

INLINE void compare_places_by(BandJoin *join, size_t first, size_t end, size_t from, size_t to, bool itself,
                              bool wide) {
  const uint64_t *right = join->right.heads, *right_end = right + to, radius = join->radius;
  const size_t second_words = wide ? join->right_second - right : 0;
  for (size_t place = first; place < end; place++) {
    const uint64_t head = join->left.heads[place], second = wide ? join->left_second[place] : 0;
    const uint64_t *other = right + (itself ? place + 1 : from);
    while ((other = next_near(other, right_end, head, second, second_words, radius)) < right_end)
      add_pair(join, place, (size_t)(other++ - right));
  }
}

static void compare_places(BandJoin *join, size_t first, size_t end, size_t from, size_t to, bool itself) {
  if (join->row_words > 1) compare_places_by(join, first, end, from, to, itself, true);
  else compare_places_by(join, first, end, from, to, itself, false);
}
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
