// PDQ, a perceptual hash (Facebook, "The TMK+PDQF Video-Hashing Algorithm and the PDQ Image-Hashing Algorithm", 2019), of a picture and of its turns.
//
// Its bits are exchanged with other programs, so every sum here is in the order of the reference implementation, in single precision and
// without fused operations; vectors hold sums that are independent of each other.
#include "select.h"
#include "wide.h"

// Eight independent sums.
enum { SUMS = INTS, GROUP = 4 * SUMS };
typedef float Floats __attribute__((vector_size(SUMS * sizeof(float)), aligned(4)));

// Width and height of the picture that the transform is of, and of the frequencies that are computed.
enum { SIDE = 64, FREQUENCIES = 16, COEFFICIENTS = FREQUENCIES * FREQUENCIES };
// The longest side of a picture, so that a window has at most 4 pixels; rows are so far from each other that they share no cache lines.
enum { MOST_SIDE = 512, STRIDE = MOST_SIDE + 16 };
// A row and a column leave a window soon after they entered it: a ring has those in between.
enum { RING_ROWS = 8, RING_COLUMNS = 2 * GROUP };
// Rows along which windows move at the same time, because a sum waits for the one before it.
enum { STRIPS = 4, STRIP_ROWS = STRIPS * SUMS };

typedef struct {
  float ring[RING_ROWS][STRIDE], zeros[STRIDE], sums[STRIDE];
  float strip[STRIP_ROWS][STRIDE];
  float tall[MOST_SIDE][SIDE];  // the centres of 64 columns in each row
  float small[SIDE + 1][SIDE];  // the last row is read, and does not count
  float partial[FREQUENCIES][SIDE], turned[SIDE][FREQUENCIES];
} Scratch;

INLINE Floats load(const float *from) { return *(const Floats *)from; }
INLINE void store(float *to, Floats value) { *(Floats *)to = value; }

// Two vectors' numbers in another order. GCC has clang's name for it only since version 12.
#if defined(__clang__)
#define PICK(v, w, ...) __builtin_shufflevector(v, w, __VA_ARGS__)
#else
#define PICK(v, w, ...) __builtin_shuffle(v, w, (Ints){__VA_ARGS__})
#endif

// Writes eight rows as columns.
INLINE void transpose(const Floats *rows, Floats *columns) {
  Floats pairs[SUMS], fours[SUMS];
  for (size_t k = 0; k < SUMS; k += 2) {
    pairs[k] = PICK(rows[k], rows[k + 1], 0, 8, 1, 9, 4, 12, 5, 13);
    pairs[k + 1] = PICK(rows[k], rows[k + 1], 2, 10, 3, 11, 6, 14, 7, 15);
  }
  for (size_t k = 0; k < SUMS; k += 4)
    for (size_t half = 0; half < 2; half++) {
      fours[k + 2 * half] = PICK(pairs[k + half], pairs[k + 2 + half], 0, 1, 8, 9, 4, 5, 12, 13);
      fours[k + 2 * half + 1] = PICK(pairs[k + half], pairs[k + 2 + half], 2, 3, 10, 11, 6, 7, 14, 15);
    }
  for (size_t k = 0; k < SUMS / 2; k++) {
    columns[k] = PICK(fours[k], fours[k + 4], 0, 1, 2, 3, 8, 9, 10, 11);
    columns[k + 4] = PICK(fours[k], fours[k + 4], 4, 5, 6, 7, 12, 13, 14, 15);
  }
}

// The window that is moved along a line of pixels: at each pixel it begins `before` pixels before it and ends `after` pixels after it, within the line.
typedef struct {
  size_t length, before, after;
} Window;

static inline Window window_of(size_t length) {
  const size_t pixels = (length + 2 * SIDE - 1) / (2 * SIDE), after = (pixels + 2) / 2 - 1;
  return (Window){length, pixels - after - 1, after};
}

// How many pixels of the line have entered the window when it is at one of them, and how many have left it.
static inline size_t entered(const Window *window, size_t at) {
  return at + window->after < window->length ? at + window->after + 1 : window->length;
}
static inline size_t left(const Window *window, size_t at) { return at > window->before ? at - window->before : 0; }

// The pixel at the centre of each of SIDE equal parts.
static inline size_t centre(size_t part, size_t length) { return (2 * part + 1) * length / (2 * SIDE); }

INLINE Floats quotient(Floats sums, size_t count) {
  const float divisor = (float)count;
  // The inverse of a power of two is exact, and multiplying takes a fifth of the time.
  if ((count & (count - 1)) == 0) return sums * (1 / divisor);
  return sums / divisor;
}

// Where a row has the mean of a pixel: in each GROUP those of every fourth pixel are beside each other, since bytes become numbers so without being moved.
static inline size_t place_of(size_t x) { return x / GROUP * GROUP + x % 4 * SUMS + x % GROUP / 4; }

static float mean_at(const uint8_t *row, const Window *window, size_t x) {
  uint32_t sum = 0;
  for (size_t pixel = left(window, x); pixel < entered(window, x); pixel++) sum += row[pixel];
  return (float)sum / (float)(entered(window, x) - left(window, x));
}

// The means of a group of pixels, of which each window has all its pixels.
INLINE void box_group(const uint8_t *from, size_t pixels, float *to) {
  Shorts even = {0}, odd = {0};
  for (size_t pixel = 0; pixel + 1 < pixels; pixel += 2) {
    even += pairs_at(from + pixel);
    odd += pairs_at(from + pixel + 1);
  }
  if (pixels % 2 == 1) {
    even += evens_at(from + pixels - 1);
    odd += evens_at(from + pixels);
  }
  const Ints sums[] = {(Ints)even & UINT16_MAX, (Ints)odd & UINT16_MAX, (Ints)even >> 16, (Ints)odd >> 16};
  for (size_t k = 0; k < 4; k++) store(to + k * SUMS, quotient(__builtin_convertvector(sums[k], Floats), pixels));
}

// The mean of a window at each pixel of a row. Sums of bytes are exact, so it does not matter that the reference adds and subtracts one after another.
// Bytes beside the row are read, and do not count.
static void box_bytes(const uint8_t *row, Window window, float *to) {
  const size_t pixels = window.before + 1 + window.after, length = window.length;
  const uint8_t *from = row - window.before;
  // Loops of a known length take half the time.
  switch (pixels) {
#define CASE(count) case count: for (size_t x = 0; x < length; x += GROUP) box_group(from + x, count, to + x); break
    CASE(1);
    CASE(2);
    CASE(3);
    CASE(4);
#undef CASE
  }
  for (size_t x = 0; x < window.before && x < length; x++) to[place_of(x)] = mean_at(row, &window, x);
  for (size_t x = length > window.after ? length - window.after : 0; x < length; x++) to[place_of(x)] = mean_at(row, &window, x);
}

// Adds a row to the sums of columns, subtracts another one, and writes what the sums are divided by `count`.
// @param stride  columns, a multiple of SUMS
static void slide(float *sums, const float *entering, const float *leaving, size_t stride, size_t count, float *means) {
  for (size_t x = 0; x < stride; x += SUMS) {
    const Floats sum = load(sums + x) + load(entering + x) - load(leaving + x);
    store(sums + x, sum);
    store(means + x, quotient(sum, count));
  }
}

// The windows of all columns, which move down together.
typedef struct {
  Window window;
  const float *rows, *zeros;
  size_t ring, row_stride;  // row y is at rows + y % ring * row_stride
  size_t stride;            // columns, a multiple of SUMS
  float *sums;              // zeros before row 0
} Columns;

static inline const float *row_of(const Columns *columns, size_t y) {
  return columns->rows + y % columns->ring * columns->row_stride;
}

// Moves the windows to a row, which is the one after the last one, and writes their means.
static void move_down(const Columns *columns, size_t y, float *means) {
  const Window *window = &columns->window;
  size_t added = y == 0 ? 0 : entered(window, y - 1);
  const size_t end = entered(window, y), removed = left(window, y);
  for (; added + 1 < end; added++) slide(columns->sums, row_of(columns, added), columns->zeros, columns->stride, 1, means);
  const float *entering = added < end ? row_of(columns, added) : columns->zeros;
  const float *leaving = removed > 0 ? row_of(columns, removed - 1) : columns->zeros;
  slide(columns->sums, entering, leaving, columns->stride, end - removed, means);
}

// Reads a group of a strip's columns into the ring.
INLINE void load_columns(float (*strip)[STRIDE], size_t column, Floats (*ring)[RING_COLUMNS]) {
  for (size_t k = 0; k < STRIPS; k++)
    for (size_t part = 0; part < 4; part++) {
      Floats rows[SUMS], columns[SUMS];
      for (size_t row = 0; row < SUMS; row++) rows[row] = load(&strip[k * SUMS + row][column + part * SUMS]);
      transpose(rows, columns);
      for (size_t index = 0; index < SUMS; index++) ring[k][column % RING_COLUMNS + 4 * index + part] = columns[index];
    }
}

// The mean of a window along each row of a strip, at the centres of SIDE equal parts alone.
static void box_centres(float (*strip)[STRIDE], size_t width, float (*to)[SIDE]) {
  const Window window = window_of(width);
  Floats ring[STRIPS][RING_COLUMNS], means[STRIPS][SUMS], sums[STRIPS] = {};
  size_t part = 0, added = 0;
  for (size_t x = 0; x < width; x++) {
    for (; added <= x + window.after && added < width; added++) {
      if (added % GROUP == 0) load_columns(strip, added, ring);
      for (size_t k = 0; k < STRIPS; k++) sums[k] += ring[k][added % RING_COLUMNS];
    }
    const size_t removed = left(&window, x);
    if (removed > 0)
      for (size_t k = 0; k < STRIPS; k++) sums[k] -= ring[k][(removed - 1) % RING_COLUMNS];
    for (; part < SIDE && centre(part, width) == x; part++) {
      for (size_t k = 0; k < STRIPS; k++) means[k][part % SUMS] = sums[k] / (float)(added - removed);
      if (part % SUMS < SUMS - 1) continue;
      for (size_t k = 0; k < STRIPS; k++) {
        Floats rows[SUMS];
        transpose(means[k], rows);
        for (size_t row = 0; row < SUMS; row++) store(&to[k * SUMS + row][part + 1 - SUMS], rows[row]);
      }
    }
  }
}

// Blurs luma by a box of 1/128 of the picture, twice in each direction, and takes the centres of 64 x 64 equal parts.
static void shrink(const uint8_t *luma, size_t width, size_t height, Scratch *scratch) {
  const Window across = window_of(width), down = window_of(height);
  const Columns columns = {.window = down, .rows = scratch->ring[0], .zeros = scratch->zeros, .ring = RING_ROWS,
                           .row_stride = STRIDE, .stride = (width + GROUP - 1) / GROUP * GROUP, .sums = scratch->sums};
  for (size_t x = 0; x < STRIDE; x++) scratch->zeros[x] = scratch->sums[x] = 0;
  for (size_t y = 0, made = 0; y < height; y++) {
    for (; made < entered(&down, y); made++) box_bytes(luma + made * width, across, scratch->ring[made % RING_ROWS]);
    move_down(&columns, y, scratch->strip[y % STRIP_ROWS]);
    if (y % STRIP_ROWS == STRIP_ROWS - 1 || y == height - 1)
      box_centres(scratch->strip, width, scratch->tall + y / STRIP_ROWS * STRIP_ROWS);
  }
  float sums[SIDE] = {0}, means[SIDE];
  const Columns parts = {.window = down, .rows = scratch->tall[0], .zeros = scratch->zeros, .ring = MOST_SIDE,
                         .row_stride = SIDE, .stride = SIDE, .sums = sums};
  for (size_t y = 0, part = 0; y < height; y++) {
    move_down(&parts, y, means);
    for (; part < SIDE && centre(part, height) == y; part++)
      for (size_t x = 0; x < SIDE; x += SUMS) store(&scratch->small[part][x], load(means + x));
  }
}

// Steps that are at least 1 % of the range, in whole per cents.
INLINE Ints steps_of(Floats from, Floats to) {
  return magnitude(__builtin_convertvector((from - to) * 100 / 255, Ints));
}

// PDQ's quality, 0..100: the sum of steps between neighbours.
static double quality_of(float (*small)[SIDE]) {
  uint64_t sum = 0;
  for (size_t y = 0; y < SIDE; y++)
    for (size_t x = 0; x < SIDE; x += SUMS) {
      const Floats at = load(&small[y][x]);
      Ints right = steps_of(at, load(&small[y][x] + 1));
      // The last pixel of a row has none at its right.
      if (x + SUMS == SIDE) right[SUMS - 1] = 0;
      sum += sum_of_ints(right);
      if (y + 1 < SIDE) sum += sum_of_ints(steps_of(at, load(&small[y + 1][x])));
    }
  return sum / 90 > 100 ? 100 : (double)(sum / 90);
}

// The 16 x 16 lowest frequencies of the DCT, without the constants.
// @param cosines  FREQUENCIES x SIDE: the transform's matrix
static void transform(const float *cosines, Scratch *scratch, float *coefficients) {
  for (size_t i = 0; i < FREQUENCIES; i++) {
    Floats row[SIDE / SUMS] = {};
    for (size_t k = 0; k < SIDE; k++)
      for (size_t part = 0; part < SIDE / SUMS; part++) row[part] += cosines[i * SIDE + k] * load(&scratch->small[k][part * SUMS]);
    for (size_t part = 0; part < SIDE / SUMS; part++) store(&scratch->partial[i][part * SUMS], row[part]);
    for (size_t k = 0; k < SIDE; k++) scratch->turned[k][i] = cosines[i * SIDE + k];
  }
  for (size_t i = 0; i < FREQUENCIES; i++) {
    Floats row[FREQUENCIES / SUMS] = {};
    for (size_t k = 0; k < SIDE; k++)
      for (size_t part = 0; part < FREQUENCIES / SUMS; part++)
        row[part] += scratch->partial[i][k] * load(&scratch->turned[k][part * SUMS]);
    for (size_t part = 0; part < FREQUENCIES / SUMS; part++) store(coefficients + i * FREQUENCIES + part * SUMS, row[part]);
  }
}

// Whole numbers in the order of numbers of single precision, of which none is -0.
INLINE Ints ordered(Floats value) {
  const Ints bits = (Ints)(value + 0.0F);
  return bits ^ ((bits >> 31) & INT32_MAX);
}

// A bit is 1 where its coefficient is above the median. PDQ writes the last bit first.
static void write_hash(const Ints *numbers, uint8_t *hash) {
  // The 128th smallest.
  const int32_t median = ranked(numbers, COEFFICIENTS / SUMS, COEFFICIENTS / 2 - 1);
  const int32_t *number = (const int32_t *)numbers + COEFFICIENTS;
  for (size_t byte = 0; byte < COEFFICIENTS / 8; byte++) {
    uint8_t bits = 0;
    for (size_t bit = 0; bit < 8; bit++) bits = (uint8_t)(bits << 1 | (*--number > median));
    hash[byte] = bits;
  }
}

// The hashes of the picture as it is, mirrored, flipped, and both: a mirrored picture has the same coefficients, those of odd horizontal
// frequency negated ("dihedral hashes"). Frequencies count from 1, so those of even index are odd.
static void write_hashes(const float *coefficients, uint8_t *hashes) {
  const Floats mirror = {-1, 1, -1, 1, -1, 1, -1, 1};
  for (size_t turn = 0; turn < 4; turn++) {
    Ints numbers[COEFFICIENTS / SUMS];
    for (size_t k = 0; k < COEFFICIENTS / SUMS; k++) {
      Floats value = load(coefficients + k * SUMS);
      if (turn & 1) value *= mirror;
      if (turn & 2 && k * SUMS / FREQUENCIES % 2 == 0) value = -value;
      numbers[k] = ordered(value);
    }
    write_hash(numbers, hashes + turn * COEFFICIENTS / 8);
  }
}

// @param luma          width x height bytes, at least 5 x 5, at most 512 x 512
// @param cosines       16 x 64 floats: the transform's matrix
// @param scratch       262,144 bytes
// @param coefficients  written: 16 x 16 floats, row by row from the lowest frequency
// @param hashes        written: 4 x 32 bytes
// @returns PDQ's quality
KERNEL(dct_hashes, luma, width, height, cosines, scratch, coefficients, hashes) {
  Scratch *scratch = (Scratch *)(memory + in.scratch);
  _Static_assert(sizeof *scratch <= 262144, "the scratch is as large as it is described");
  float *coefficients = (float *)(memory + in.coefficients);
  const uint8_t *luma = memory + in.luma;
  if (in.width == SIDE && in.height == SIDE)
    for (size_t index = 0; index < SIDE * SIDE; index++) scratch->small[index / SIDE][index % SIDE] = luma[index];
  else shrink(luma, in.width, in.height, scratch);
  for (size_t x = 0; x < SIDE; x++) scratch->small[SIDE][x] = 0;
  transform((const float *)(memory + in.cosines), scratch, coefficients);
  write_hashes(coefficients, memory + in.hashes);
  return quality_of(scratch->small);
}
