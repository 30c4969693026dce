// Eight pixels as numbers of 32 bits, and sixteen as numbers of 16 bits, for sums that bytes are too short for.
#pragma once
#include <stddef.h>
#include <stdint.h>

#include "kernel.h"

enum { INTS = 8, SHORTS = 16 };
typedef int32_t Ints __attribute__((vector_size(INTS * sizeof(int32_t))));
typedef int16_t Shorts __attribute__((vector_size(SHORTS * sizeof(int16_t))));

// Sixteen numbers of 16 bits from 32 bytes: the bytes of even places, or these with the next ones added.
INLINE Shorts words_at(const uint8_t *from) {
  Shorts words;
  __builtin_memcpy(&words, from, sizeof words);
  return words;
}
INLINE Shorts evens_at(const uint8_t *from) { return words_at(from) & 255; }

#if defined(__AVX2__)
// GCC converts vectors of bytes one byte after another.
#include <immintrin.h>
INLINE Ints ints_at(const uint8_t *from) { return (Ints)_mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)from)); }
INLINE Shorts shorts_at(const uint8_t *from) { return (Shorts)_mm256_cvtepu8_epi16(_mm_loadu_si128((const __m128i *)from)); }
INLINE Shorts absolute(Shorts value) { return (Shorts)_mm256_abs_epi16((__m256i)value); }
INLINE Shorts pairs_at(const uint8_t *from) {
  return (Shorts)_mm256_maddubs_epi16((__m256i)words_at(from), _mm256_set1_epi8(1));
}
// Sixteen squares or products, two of them added up in each number.
INLINE Ints squares_of(Shorts value) { return (Ints)_mm256_madd_epi16((__m256i)value, (__m256i)value); }
INLINE Ints products_of(Shorts a, Shorts b) { return (Ints)_mm256_madd_epi16((__m256i)a, (__m256i)b); }
#else
INLINE Ints ints_at(const uint8_t *from) {
  uint8_t bytes __attribute__((vector_size(INTS)));
  __builtin_memcpy(&bytes, from, sizeof bytes);
  return __builtin_convertvector(bytes, Ints);
}
INLINE Shorts shorts_at(const uint8_t *from) {
  uint8_t bytes __attribute__((vector_size(SHORTS)));
  __builtin_memcpy(&bytes, from, sizeof bytes);
  return __builtin_convertvector(bytes, Shorts);
}
INLINE Shorts pairs_at(const uint8_t *from) { return evens_at(from) + evens_at(from + 1); }
INLINE Shorts absolute(Shorts value) {
  const Shorts sign = value >> 15;
  return (value ^ sign) - sign;
}
typedef int16_t HalfShorts __attribute__((vector_size(INTS * sizeof(int16_t))));
INLINE Ints low_ints(Shorts value) {
  HalfShorts half;
  __builtin_memcpy(&half, &value, sizeof half);
  return __builtin_convertvector(half, Ints);
}
INLINE Ints high_ints(Shorts value) {
  HalfShorts half;
  __builtin_memcpy(&half, (const uint8_t *)&value + sizeof half, sizeof half);
  return __builtin_convertvector(half, Ints);
}
INLINE Ints squares_of(Shorts value) {
  const Ints low = low_ints(value), high = high_ints(value);
  return low * low + high * high;
}
INLINE Ints products_of(Shorts a, Shorts b) { return low_ints(a) * low_ints(b) + high_ints(a) * high_ints(b); }
#endif

INLINE Ints magnitude(Ints value) { return (value ^ (value >> 31)) - (value >> 31); }

INLINE int64_t signed_sum(Ints value) {
  int64_t sum = 0;
  for (size_t lane = 0; lane < INTS; lane++) sum += value[lane];
  return sum;
}

INLINE uint64_t sum_of_ints(Ints value) {
  uint64_t sum = 0;
  for (size_t lane = 0; lane < INTS; lane++) sum += (uint32_t)value[lane];
  return sum;
}
