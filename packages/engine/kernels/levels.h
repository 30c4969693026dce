// A picture at several sizes, and sums of its pixels: what find-features.c searches and compares.
#pragma once
#include <stddef.h>
#include <stdint.h>

#include "wide.h"

// A test compares sums of so many pixels each way.
enum { BOX = 9, BOX_RADIUS = BOX / 2 };

// Five pixels of a level are the means of six of the one below it. `pixels` has LANES bytes after its end that may be read.
typedef struct {
  uint32_t width, height;
  uint8_t *pixels;
} Level;

// A vector of Words has numbers from 0 to 65,535.
typedef uint16_t Words __attribute__((vector_size(SHORTS * sizeof(uint16_t)), aligned(2)));
INLINE Words words(const uint16_t *from) { return *(const Words *)from; }

// Of two times six pixels ten pairs of neighbours: (5 - j) parts of pixel j and j + 1 parts of pixel j + 1.
enum { PAIRS = 10, PAIRED = 12 };

#if defined(__AVX2__)
INLINE Words sum_pairs(const uint8_t *in) {
  const __m256i places = _mm256_setr_epi8(0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 6, 7, 7, 8, 8, 9,  //
                                          9, 10, 10, 11, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
  const __m256i parts = _mm256_setr_epi8(5, 1, 4, 2, 3, 3, 2, 4, 1, 5, 5, 1, 4, 2, 3, 3,  //
                                         2, 4, 1, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
  const __m256i pixels = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)in));
  return (Words)_mm256_maddubs_epi16(_mm256_shuffle_epi8(pixels, places), parts);
}
// A 36th, which is 1821 / 2^16 to within what a byte can show, rounded.
INLINE void write_36ths(Words sums, uint8_t *out) {
  const __m256i times = _mm256_set1_epi16(1821), low = _mm256_mullo_epi16((__m256i)sums, times);
  const __m256i means = _mm256_add_epi16(_mm256_mulhi_epu16((__m256i)sums, times), _mm256_srli_epi16(low, 15));
  const __m256i packed = _mm256_permute4x64_epi64(_mm256_packus_epi16(means, means), 0x08);
  _mm_storeu_si128((__m128i *)out, _mm256_castsi256_si128(packed));
}
#else
typedef uint8_t Bytes16 __attribute__((vector_size(SHORTS), aligned(1)));
typedef uint32_t Longs16 __attribute__((vector_size(SHORTS * sizeof(uint32_t))));
// The bytes of a vector at these places. GCC has clang's name for it only since version 12.
#if defined(__clang__)
#define PICK(v, ...) __builtin_shufflevector(v, v, __VA_ARGS__)
#else
#define PICK(v, ...) __builtin_shuffle(v, (Bytes16){__VA_ARGS__})
#endif
INLINE Words sum_pairs(const uint8_t *in) {
  const Words left = {5, 4, 3, 2, 1, 5, 4, 3, 2, 1}, right = {1, 2, 3, 4, 5, 1, 2, 3, 4, 5};
  const Bytes16 pixels = *(const Bytes16 *)in;
  const Bytes16 here = PICK(pixels, 0, 1, 2, 3, 4, 6, 7, 8, 9, 10, 0, 0, 0, 0, 0, 0);
  const Bytes16 next = PICK(pixels, 1, 2, 3, 4, 5, 7, 8, 9, 10, 11, 0, 0, 0, 0, 0, 0);
  return __builtin_convertvector(here, Words) * left + __builtin_convertvector(next, Words) * right;
}
INLINE void write_36ths(Words sums, uint8_t *out) {
  const Longs16 means = (__builtin_convertvector(sums, Longs16) * 1821 + 32768) >> 16;
  *(Bytes16 *)out = __builtin_convertvector(means, Bytes16);
}
#endif

// Makes a level 5/6 as large each way as the one below it. Pixels beyond the last whole six are cut off.
// @param rows  scratch: two rows of the smaller width and 2 * SHORTS numbers more each
static void shrink(const Level *from, Level *to, uint16_t *rows) {
  uint16_t *row[2] = {rows, rows + to->width + 2 * SHORTS};
  for (uint32_t y6 = 0; y6 < to->height / 5 * 6; y6++) {
    const uint8_t *in = from->pixels + (size_t)y6 * from->width;
    uint16_t *sums = row[y6 & 1], *before = row[~y6 & 1];
    for (uint32_t x = 0; x < to->width; x += PAIRS, in += PAIRED) *(Words *)(sums + x) = sum_pairs(in);
    const uint32_t phase = y6 % 6;
    if (phase == 0) continue;
    // A row's last vector ends in the next row, which is written after it, or behind the level.
    uint8_t *out = to->pixels + (size_t)(y6 / 6 * 5 + phase - 1) * to->width;
    const uint16_t upper = (uint16_t)(6 - phase), lower = (uint16_t)phase;
    for (uint32_t x = 0; x < to->width; x += SHORTS) write_36ths(words(before + x) * upper + words(sums + x) * lower, out + x);
  }
}

// The sum of BOX x BOX pixels around each pixel that has so many around it.
// @param sums   scratch: as many as the level has pixels, and SHORTS more
// @param boxes  written: as many
static void sum_boxes(const Level *level, uint16_t *sums, uint16_t *boxes) {
  const size_t width = level->width, height = level->height;
  for (size_t y = 0; y < height; y++) {
    const uint8_t *row = level->pixels + y * width;
    // What is computed at a row's end is of the next row, too, and never read.
    for (size_t x = BOX_RADIUS; x + BOX_RADIUS < width; x += SHORTS) {
      Shorts sum = {0};
      for (size_t pixel = 0; pixel < BOX; pixel++) sum += shorts_at(row + x - BOX_RADIUS + pixel);
      *(Words *)(sums + y * width + x) = (Words)sum;
    }
  }
  // Each sum of columns follows from the one above; those outside the level are never read.
  for (size_t y = BOX_RADIUS; y + BOX_RADIUS < height; y++) {
    uint16_t *row = boxes + y * width;
    for (size_t x = 0; x < width; x += SHORTS) {
      Words sum = {0};
      if (y == BOX_RADIUS)
        for (size_t line = 0; line < BOX; line++) sum += words(sums + line * width + x);
      else sum = words(row + x - width) + words(sums + (y + BOX_RADIUS) * width + x) - words(sums + (y - BOX_RADIUS - 1) * width + x);
      *(Words *)(row + x) = sum;
    }
  }
}
