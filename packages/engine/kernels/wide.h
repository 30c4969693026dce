// Eight pixels as numbers of 32 bits, and sixteen as numbers of 16 bits, for sums that bytes are too short for.
#pragma once
#include <stddef.h>
#include <stdint.h>

#include "kernel.h"

enum { INTS = 8, SHORTS = 16 };
typedef int32_t Ints __attribute__((vector_size(INTS * sizeof(int32_t))));
typedef int16_t Shorts __attribute__((vector_size(SHORTS * sizeof(int16_t))));

#if defined(__AVX2__)
// GCC converts vectors of bytes one byte after another.
#include <immintrin.h>
INLINE Ints ints_at(const uint8_t *from) { return (Ints)_mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)from)); }
INLINE Shorts shorts_at(const uint8_t *from) { return (Shorts)_mm256_cvtepu8_epi16(_mm_loadu_si128((const __m128i *)from)); }
INLINE Shorts absolute(Shorts value) { return (Shorts)_mm256_abs_epi16((__m256i)value); }
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
INLINE Shorts absolute(Shorts value) {
  const Shorts sign = value >> 15;
  return (value ^ sign) - sign;
}
#endif

INLINE uint32_t sum_of_shorts(Shorts value) {
  uint32_t sum = 0;
  for (size_t lane = 0; lane < SHORTS; lane++) sum += (uint32_t)value[lane];
  return sum;
}

INLINE uint64_t sum_of_ints(Ints value) {
  uint64_t sum = 0;
  for (size_t lane = 0; lane < INTS; lane++) sum += (uint32_t)value[lane];
  return sum;
}
