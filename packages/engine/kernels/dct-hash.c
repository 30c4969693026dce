// The coefficients of PDQ, a perceptual hash (Facebook, "The TMK+PDQF Video-Hashing Algorithm and the PDQ Image-Hashing Algorithm", 2019).
//
// Its bits are exchanged with other programs, so every sum here is in the order of the reference implementation, in single precision and
// without fused operations; vectors hold sums that are independent of each other.
#include "wide.h"

// Eight independent sums.
enum { SUMS = INTS };
typedef float Floats __attribute__((vector_size(SUMS * sizeof(float)), aligned(4)));

// Width and height of the picture that the transform is of, and of the frequencies that are computed.
enum { SIDE = 64, FREQUENCIES = 16 };

static inline size_t padded(size_t length) { return (length + SUMS - 1) / SUMS * SUMS; }

INLINE Floats load(const float *from) { return *(const Floats *)from; }
INLINE void store(float *to, Floats value) { *(Floats *)to = value; }

// Adds `sign` times a row to the sums.
INLINE void add_row(float *sums, const float *row, size_t stride, float sign) {
  for (size_t x = 0; x < stride; x += SUMS) store(sums + x, load(sums + x) + sign * load(row + x));
}

INLINE void write_mean(float *to, const float *sums, size_t stride, float count) {
  for (size_t x = 0; x < stride; x += SUMS) store(to + x, load(sums + x) / count);
}

// The mean of a window along each column. At the ends the window is shorter.
// @param stride  columns, a multiple of SUMS
// @param sums    scratch of as many numbers
static void box_columns(const float *from, float *to, size_t rows, size_t stride, size_t window, float *sums) {
  const size_t half = (window + 2) / 2;
  size_t added = 0, removed = 0, written = 0;
  for (size_t x = 0; x < stride; x++) sums[x] = 0;
  while (added < half - 1) add_row(sums, from + added++ * stride, stride, 1);
  while (written < rows) {
    if (added < rows) add_row(sums, from + added++ * stride, stride, 1);
    if (written > window - half) add_row(sums, from + removed++ * stride, stride, -1);
    write_mean(to + written++ * stride, sums, stride, (float)(added - removed));
  }
}

// Writes rows as columns.
static void transpose(const float *from, size_t rows, size_t columns, float *to) {
  for (size_t y = 0; y < rows; y++)
    for (size_t x = 0; x < columns; x++) to[x * rows + y] = from[y * columns + x];
}

// The pixel at the centre of each of SIDE equal parts.
static inline size_t centre(size_t part, size_t length) { return (2 * part + 1) * length / (2 * SIDE); }

static inline size_t window_of(size_t length) { return (length + 2 * SIDE - 1) / (2 * SIDE); }

// The mean of a window along each row of bytes. Sums of bytes are exact, so it does not matter that the reference adds and subtracts one after another.
// @param to  rows of `stride` numbers
static void box_bytes(const uint8_t *luma, size_t width, size_t height, float *to, size_t stride) {
  const size_t window = window_of(width), after = (window + 2) / 2 - 1, before = window - after - 1;
  for (size_t y = 0; y < height; y++, luma += width, to += stride)
    for (size_t x = 0; x < stride;) {
      if (x >= before && x + SUMS + after <= width) {
        Ints sums = {0};
        for (size_t k = 0; k < window; k++) sums += ints_at(luma + x - before + k);
        store(to + x, __builtin_convertvector(sums, Floats) / (float)window);
        x += SUMS;
        continue;
      }
      int32_t sum = 0, count = 0;
      for (size_t old = x < before ? 0 : x - before; old <= x + after && old < width; old++, count++) sum += luma[old];
      to[x++] = count == 0 ? 0 : (float)sum / (float)count;
    }
}

// The mean of a window along each row, at the centres of SIDE equal parts alone. Eight rows at once: their sums do not wait for each other.
static void box_centres(const float *from, size_t width, size_t stride, size_t height, float *to) {
  const size_t window = window_of(width), half = (window + 2) / 2;
  for (size_t y = 0; y < height; y += SUMS) {
    const float *rows[SUMS];
    float sums[SUMS] = {0};
    for (size_t row = 0; row < SUMS; row++) rows[row] = from + (y + row < height ? y + row : height - 1) * stride;
    size_t added = 0, removed = 0, part = 0;
    for (; added < half - 1; added++)
      for (size_t row = 0; row < SUMS; row++) sums[row] += rows[row][added];
    for (size_t x = 0; x < width; x++) {
      if (added < width) {
        for (size_t row = 0; row < SUMS; row++) sums[row] += rows[row][added];
        added++;
      }
      if (x > window - half) {
        for (size_t row = 0; row < SUMS; row++) sums[row] -= rows[row][removed];
        removed++;
      }
      for (; part < SIDE && centre(part, width) == x; part++)
        for (size_t row = 0; row < SUMS && y + row < height; row++)
          to[(y + row) * SIDE + part] = sums[row] / (float)(added - removed);
    }
  }
}

// Blurs luma by a box of 1/128 of the picture, twice in each direction, and takes the centres of 64 x 64 equal parts.
// @param a, b  scratch: padded(width) * height floats each, at least SIDE * height
// @param sums  scratch: padded(width) floats, at least SIDE
static void shrink(const uint8_t *luma, size_t width, size_t height, float *a, float *b, float *sums, float *small) {
  const size_t across = padded(width);
  box_bytes(luma, width, height, a, across);
  box_columns(a, b, height, across, window_of(height), sums);
  box_centres(b, width, across, height, a);
  box_columns(a, b, height, SIDE, window_of(height), sums);
  for (size_t part = 0; part < SIDE; part++)
    for (size_t x = 0; x < SIDE; x++) small[part * SIDE + x] = b[centre(part, height) * SIDE + x];
}

// PDQ's quality, 0..100: the sum of steps between neighbours that are at least 1 % of the range.
static double quality_of(const float *small) {
  int32_t sum = 0;
  for (size_t y = 0; y < SIDE; y++)
    for (size_t x = 0; x < SIDE; x++) {
      const float *at = small + y * SIDE + x;
      const int32_t down = y + 1 < SIDE ? (int32_t)((at[0] - at[SIDE]) * 100 / 255) : 0;
      const int32_t right = x + 1 < SIDE ? (int32_t)((at[0] - at[1]) * 100 / 255) : 0;
      sum += (down < 0 ? -down : down) + (right < 0 ? -right : right);
    }
  return sum / 90 > 100 ? 100 : sum / 90;
}

// The 16 x 16 lowest frequencies of a picture's DCT, without the constants.
// @param luma          width x height bytes, at least 5 x 5
// @param cosines       16 x 64 floats: the transform's matrix
// @param scratch       2 * padded(width) * max(padded(height), 64) + padded(width) + padded(height) + 64 * 64 + 16 * 64 + 16 * 64 floats
// @param coefficients  written: 16 x 16 floats
// @returns PDQ's quality
KERNEL(dct_coefficients, luma, width, height, cosines, scratch, coefficients) {
  const float *cosines = (const float *)(memory + in.cosines);
  float *result = (float *)(memory + in.coefficients);
  const size_t across = padded(in.width), down = padded(in.height);
  const size_t pixels = (across > SIDE ? across : SIDE) * (down > SIDE ? down : SIDE);
  float *a = (float *)(memory + in.scratch), *b = a + pixels, *sums = b + pixels;
  float *small = sums + across + down + SIDE, *partial = small + SIDE * SIDE, *turned = partial + FREQUENCIES * SIDE;
  const uint8_t *luma = memory + in.luma;
  if (in.width == SIDE && in.height == SIDE)
    for (size_t index = 0; index < SIDE * SIDE; index++) small[index] = luma[index];
  else shrink(luma, in.width, in.height, a, b, sums, small);
  for (size_t i = 0; i < FREQUENCIES; i++) {
    Floats row[SIDE / SUMS] = {};
    for (size_t k = 0; k < SIDE; k++)
      for (size_t part = 0; part < SIDE / SUMS; part++)
        row[part] += cosines[i * SIDE + k] * load(small + k * SIDE + part * SUMS);
    for (size_t part = 0; part < SIDE / SUMS; part++) store(partial + i * SIDE + part * SUMS, row[part]);
  }
  transpose(cosines, FREQUENCIES, SIDE, turned);
  for (size_t i = 0; i < FREQUENCIES; i++) {
    Floats row[FREQUENCIES / SUMS] = {};
    for (size_t k = 0; k < SIDE; k++)
      for (size_t part = 0; part < FREQUENCIES / SUMS; part++)
        row[part] += partial[i * SIDE + k] * load(turned + k * FREQUENCIES + part * SUMS);
    for (size_t part = 0; part < FREQUENCIES / SUMS; part++) store(result + i * FREQUENCIES + part * SUMS, row[part]);
  }
  return quality_of(small);
}
