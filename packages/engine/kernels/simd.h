// The vector instructions that kernels use, under one name for every instruction set. A Vector is as long as the
// instruction set has them: LANES bytes; its operations are on unsigned bytes. AT_MOST has one bit for each lane.
#pragma once
#include <stddef.h>
#include <stdint.h>

#if defined(__wasm_simd128__)
#include <wasm_simd128.h>
typedef v128_t Vector;
enum { LANES = 16 };
#define LOAD(from) wasm_v128_load(from)
#define STORE(to, v) wasm_v128_store(to, v)
#define SPLAT(byte) wasm_u8x16_splat(byte)
#define ADD_SATURATED(v, w) wasm_u8x16_add_sat(v, w)
#define SUBTRACT_SATURATED(v, w) wasm_u8x16_sub_sat(v, w)
#define MIN(v, w) wasm_u8x16_min(v, w)
#define MAX(v, w) wasm_u8x16_max(v, w)
#define ANY(v) wasm_v128_any_true(v)
#define POPCOUNT(v) wasm_i8x16_popcnt(v)
#define AT_MOST(v, most) wasm_i8x16_bitmask(wasm_u8x16_le(v, SPLAT(most)))
#define ANY_AT_MOST(v, most) wasm_v128_any_true(wasm_u8x16_le(v, SPLAT(most)))

#elif defined(__AVX512BITALG__)
#include <immintrin.h>
typedef __m512i Vector;
enum { LANES = 64 };
#define LOAD(from) _mm512_loadu_si512(from)
#define STORE(to, v) _mm512_storeu_si512(to, v)
#define SPLAT(byte) _mm512_set1_epi8((char)(byte))
#define ADD_SATURATED(v, w) _mm512_adds_epu8(v, w)
#define SUBTRACT_SATURATED(v, w) _mm512_subs_epu8(v, w)
#define MIN(v, w) _mm512_min_epu8(v, w)
#define MAX(v, w) _mm512_max_epu8(v, w)
#define ANY(v) (_mm512_test_epi8_mask(v, v) != 0)
#define POPCOUNT(v) _mm512_popcnt_epi8(v)
#define AT_MOST(v, most) _mm512_cmple_epu8_mask(v, SPLAT(most))
#define ANY_AT_MOST(v, most) (AT_MOST(v, most) != 0)

#elif defined(__AVX2__)
#include <immintrin.h>
typedef __m256i Vector;
enum { LANES = 32 };
#define LOAD(from) _mm256_loadu_si256((const __m256i *)(from))
#define STORE(to, v) _mm256_storeu_si256((__m256i *)(to), v)
#define SPLAT(byte) _mm256_set1_epi8((char)(byte))
#define ADD_SATURATED(v, w) _mm256_adds_epu8(v, w)
#define SUBTRACT_SATURATED(v, w) _mm256_subs_epu8(v, w)
#define MIN(v, w) _mm256_min_epu8(v, w)
#define MAX(v, w) _mm256_max_epu8(v, w)
#define ANY(v) (!_mm256_testz_si256(v, v))
// Two look-ups of nibbles (Mula, Kurz and Lemire, "Faster Population Counts Using AVX2 Instructions", 2017).
static inline __m256i POPCOUNT(__m256i v) {
  const __m256i counts = _mm256_broadcastsi128_si256(_mm_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4));
  const __m256i low = _mm256_and_si256(v, SPLAT(15)), high = _mm256_and_si256(_mm256_srli_epi64(v, 4), SPLAT(15));
  return _mm256_add_epi8(_mm256_shuffle_epi8(counts, low), _mm256_shuffle_epi8(counts, high));
}
#define AT_MOST(v, most) ((uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(MIN(v, SPLAT(most)), v)))
#define ANY_AT_MOST(v, most) (AT_MOST(v, most) != 0)

#elif defined(__aarch64__)
#include <arm_neon.h>
typedef uint8x16_t Vector;
enum { LANES = 16 };
#define LOAD(from) vld1q_u8(from)
#define STORE(to, v) vst1q_u8(to, v)
#define SPLAT(byte) vdupq_n_u8(byte)
#define ADD_SATURATED(v, w) vqaddq_u8(v, w)
#define SUBTRACT_SATURATED(v, w) vqsubq_u8(v, w)
#define MIN(v, w) vminq_u8(v, w)
#define MAX(v, w) vmaxq_u8(v, w)
#define ANY(v) (vmaxvq_u8(v) != 0)
#define POPCOUNT(v) vcntq_u8(v)
// Each lane's bit by its weight, then three times the sums of neighbours.
static inline uint16_t AT_MOST(uint8x16_t v, uint8_t most) {
  uint8x16_t bits = vandq_u8(vcleq_u8(v, SPLAT(most)), vreinterpretq_u8_u64(vdupq_n_u64(0x8040201008040201)));
  for (int step = 0; step < 3; step++) bits = vpaddq_u8(bits, bits);
  return vgetq_lane_u16(vreinterpretq_u16_u8(bits), 0);
}
#define ANY_AT_MOST(v, most) (vminvq_u8(v) <= (most))
#endif
