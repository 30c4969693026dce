// By how much the pixels of a picture differ from those beside them, in sums: src/evidence/resolution.ts makes measures of them.
#include "wide.h"

// Differences are measured at distances of 1, 2, 4 and 8 pixels, in every eighth row.
enum { DISTANCES = 4, SQUARES_ROW_STEP = 8 };
// Steps are measured in every fourth row and column.
enum { LINE_STEP = 4 };
// A step of so much is an edge of the picture, and not of a JPEG's blocks.
enum { MOST_LARGER = 48 };
enum { SIDE = 512 };

INLINE uint32_t square(int32_t value) { return (uint32_t)(value * value); }

// The squares of the differences between pixels at a distance, beside and above each other.
static uint64_t squares_at(const uint8_t *luma, size_t width, size_t height, size_t distance) {
  uint64_t sum = 0;
  for (size_t y = 0; y + distance < height; y += SQUARES_ROW_STEP) {
    const uint8_t *row = luma + y * width, *below = row + distance * width;
    const size_t count = width > distance ? width - distance : 0;
    Ints sums = {0};
    size_t x = 0;
    for (; x + SHORTS <= count; x += SHORTS) {
      const Shorts pixels = shorts_at(row + x);
      sums += squares_of(pixels - shorts_at(row + x + distance)) + squares_of(pixels - shorts_at(below + x));
    }
    for (; x < count; x++) sum += square(row[x] - row[x + distance]) + square(row[x] - below[x]);
    sum += sum_of_ints(sums);
  }
  return sum;
}

// By how much a step is larger than the steps beside it; 0 where it is not, and where it is an edge of the picture.
INLINE Shorts larger(Shorts before, Shorts from, Shorts to, Shorts after) {
  const Shorts more = 2 * absolute(to - from) - absolute(from - before) - absolute(after - to);
  return more & (more > 0) & (more < MOST_LARGER);
}

static uint32_t larger_step(int32_t before, int32_t from, int32_t to, int32_t after) {
  const int32_t step = to - from, step_before = from - before, step_after = after - to;
  const int32_t more = 2 * (step < 0 ? -step : step) - (step_before < 0 ? -step_before : step_before) -
                       (step_after < 0 ? -step_after : step_after);
  return more > 0 && more < MOST_LARGER ? (uint32_t)more : 0;
}

// Of each column, the steps to the next one.
static void add_column_steps(const uint8_t *luma, size_t width, size_t height, uint32_t *columns) {
  Shorts sums[SIDE / SHORTS] = {0};
  for (size_t x = 0; x < width; x++) columns[x] = 0;
  if (width < 4) return;
  const size_t count = width - 3;
  for (size_t y = 0; y < height; y += LINE_STEP) {
    const uint8_t *row = luma + y * width + 1;
    size_t x = 0;
    for (; x + SHORTS <= count; x += SHORTS)
      sums[x / SHORTS] +=
          larger(shorts_at(row + x - 1), shorts_at(row + x), shorts_at(row + x + 1), shorts_at(row + x + 2));
    for (; x < count; x++) columns[x + 1] += larger_step(*(row + x - 1), row[x], row[x + 1], row[x + 2]);
  }
  for (size_t x = 0; x + SHORTS <= count; x += SHORTS)
    for (size_t lane = 0; lane < SHORTS; lane++) columns[x + lane + 1] = (uint32_t)sums[x / SHORTS][lane];
}

// Every fourth pixel of a row: the lowest byte of each four.
INLINE Ints fourth_pixels(const uint8_t *from) {
  _Static_assert(LINE_STEP == sizeof(int32_t), "a number has the pixels of one step");
  Ints fours;
  __builtin_memcpy(&fours, from, sizeof fours);
  return fours & 255;
}

// Of each row, the steps to the next one.
static void add_row_steps(const uint8_t *luma, size_t width, size_t height, uint32_t *rows) {
  for (size_t y = 0; y < height; y++) rows[y] = 0;
  for (size_t y = 1; y + 2 < height; y++) {
    const uint8_t *from = luma + y * width, *before = from - width, *to = from + width, *after = to + width;
    Ints sums = {0};
    size_t x = 0;
    for (; x + INTS * LINE_STEP <= width; x += INTS * LINE_STEP) {
      const Ints pixels = fourth_pixels(from + x), next = fourth_pixels(to + x);
      const Ints more = 2 * magnitude(next - pixels) - magnitude(pixels - fourth_pixels(before + x)) - magnitude(fourth_pixels(after + x) - next);
      sums += more & (more > 0) & (more < MOST_LARGER);
    }
    for (; x < width; x += LINE_STEP) rows[y] += larger_step(before[x], from[x], to[x], after[x]);
    rows[y] += (uint32_t)sum_of_ints(sums);
  }
}

// @param luma     width x height bytes, both at most SIDE
// @param squares  written: DISTANCES numbers of 64 bits
// @param columns  written: `width` numbers of 32 bits
// @param rows     written: `height` numbers of 32 bits
KERNEL(measure_steps, luma, width, height, squares, columns, rows) {
  const uint8_t *luma = memory + in.luma;
  uint64_t *squares = (uint64_t *)(memory + in.squares);
  for (size_t index = 0; index < DISTANCES; index++)
    squares[index] = squares_at(luma, in.width, in.height, (size_t)1 << index);
  add_column_steps(luma, in.width, in.height, (uint32_t *)(memory + in.columns));
  add_row_steps(luma, in.width, in.height, (uint32_t *)(memory + in.rows));
  return 0;
}
