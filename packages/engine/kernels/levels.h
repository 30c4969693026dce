// A picture at several sizes, and sums of its pixels: what find-features.c searches and compares.
#pragma once
#include <stddef.h>
#include <stdint.h>

// A test compares sums of so many pixels each way.
enum { BOX = 9, BOX_RADIUS = BOX / 2 };

// Eight numbers, of which each is computed by itself.
enum { NUMBERS = 8 };
typedef uint8_t Bytes __attribute__((vector_size(NUMBERS), aligned(1)));
typedef uint16_t Shorts __attribute__((vector_size(NUMBERS * 2), aligned(2)));
typedef uint32_t Longs __attribute__((vector_size(NUMBERS * 4), aligned(4)));

// Five pixels of a level are the means of six of the one below it. `pixels` has LANES bytes after its end that may be read.
typedef struct {
  uint32_t width, height;
  uint8_t *pixels;
} Level;

typedef uint8_t Bytes16 __attribute__((vector_size(16), aligned(1)));
typedef uint16_t Shorts16 __attribute__((vector_size(32), aligned(2)));
enum { SIXTEEN = 16 };

// The bytes of a vector at these places. GCC has clang's name for it only since version 12.
#if defined(__clang__)
#define PICK(v, ...) __builtin_shufflevector(v, v, __VA_ARGS__)
#else
#define PICK(v, ...) __builtin_shuffle(v, (Bytes16){__VA_ARGS__})
#endif

// Makes five numbers of six pixels, twice at once: (5 - j) parts of pixel j and j + 1 parts of pixel j + 1.
// @param width  how many numbers: a multiple of 5; up to SIXTEEN more are written
static void sum_neighbours(const uint8_t *in, uint16_t *sums, uint32_t width) {
  const Shorts16 left = {5, 4, 3, 2, 1, 5, 4, 3, 2, 1}, right = {1, 2, 3, 4, 5, 1, 2, 3, 4, 5};
  for (uint32_t x = 0; x < width; x += 10, in += 12) {
    const Bytes16 pixels = *(const Bytes16 *)in;
    const Bytes16 here = PICK(pixels, 0, 1, 2, 3, 4, 6, 7, 8, 9, 10, 0, 0, 0, 0, 0, 0);
    const Bytes16 next = PICK(pixels, 1, 2, 3, 4, 5, 7, 8, 9, 10, 11, 0, 0, 0, 0, 0, 0);
    *(Shorts16 *)(sums + x) = __builtin_convertvector(here, Shorts16) * left + __builtin_convertvector(next, Shorts16) * right;
  }
}

// Shrinks by 5/6 each way: pixel j of 5 is (5 - j) parts of pixel j and j + 1 parts of pixel j + 1 of 6. Pixels beyond the last whole six are cut off.
// @param rows  scratch: two rows of the smaller width and 16 numbers more
static void shrink(const Level *from, Level *to, uint16_t *rows) {
  uint16_t *row[2] = {rows, rows + to->width + SIXTEEN};
  for (uint32_t y6 = 0; y6 < to->height / 5 * 6; y6++) {
    const uint8_t *in = from->pixels + (size_t)y6 * from->width;
    uint16_t *sums = row[y6 & 1], *before = row[~y6 & 1];
    sum_neighbours(in, sums, to->width);
    const uint32_t phase = y6 % 6;
    if (phase == 0) continue;
    uint8_t *out = to->pixels + (size_t)(y6 / 6 * 5 + phase - 1) * to->width;
    const uint16_t upper = (uint16_t)(6 - phase), lower = (uint16_t)phase;
    // 1821 / 2^16 is 1/36 to within what a byte can show.
    uint32_t x = 0;
    for (; x + NUMBERS <= to->width; x += NUMBERS) {
      const Shorts both = *(const Shorts *)(before + x) * upper + *(const Shorts *)(sums + x) * lower;
      const Longs mean = (__builtin_convertvector(both, Longs) * 1821 + 32768) >> 16;
      *(Bytes *)(out + x) = __builtin_convertvector(mean, Bytes);
    }
    for (; x < to->width; x++) out[x] = (uint8_t)(((uint32_t)(upper * before[x] + lower * sums[x]) * 1821 + 32768) >> 16);
  }
}

// The sum of BOX x BOX pixels around each pixel that has so many around it.
// @param sums  scratch: as many as the level has pixels
static void sum_boxes(const Level *level, uint16_t *sums, uint16_t *boxes) {
  const size_t width = level->width, height = level->height;
  for (size_t y = 0; y < height; y++) {
    const uint8_t *row = level->pixels + y * width;
    uint16_t sum = 0;
    for (size_t x = 0; x < BOX - 1; x++) sum += row[x];
    for (size_t x = BOX_RADIUS; x + BOX_RADIUS < width; x++) {
      sum += row[x + BOX_RADIUS];
      sums[y * width + x] = sum;
      sum -= row[x - BOX_RADIUS];
    }
  }
  // Each sum of columns follows from the one above; those outside the level are never read.
  for (size_t y = BOX_RADIUS; y + BOX_RADIUS < height; y++) {
    uint16_t *row = boxes + y * width;
    if (y == BOX_RADIUS)
      for (size_t x = 0; x < width; x++) {
        row[x] = 0;
        for (size_t line = 0; line < BOX; line++) row[x] = (uint16_t)(row[x] + sums[line * width + x]);
      }
    else
      for (size_t x = 0; x < width; x += NUMBERS)
        *(Shorts *)(row + x) = *(const Shorts *)(row + x - width) +
                               *(const Shorts *)(sums + (y + BOX_RADIUS) * width + x) -
                               *(const Shorts *)(sums + (y - BOX_RADIUS - 1) * width + x);
  }
}
