#include "short-rows.h"

#if defined(__x86_64__)
#include <immintrin.h>
#include <stdlib.h>
#include <string.h>

#define AVX2 __attribute__((target("avx2")))

// New pixels of one step; each half of a vector has four.
enum { STEP = 8, HALF = STEP / 2 };
// Numbers of 16 bits in a vector and in half of it.
enum { LANES = 16, HALF_LANES = LANES / 2 };
// Sums are stored with this subtracted, since the processor multiplies signed numbers.
enum { ZERO = 32768, MOST_UNITS = 65535 / 255, MOST_AREA = 1 << 22 };

// Where the old pixels of eight new ones are, and their weights, in a picture that is made narrower by at most half: a new pixel covers two or three old
// ones, a pair and one more.
typedef struct {
  uint8_t pair[2 * LANES], third[2 * LANES];
  int16_t pair_weights[LANES], third_weights[LANES];
  uint32_t first[2];  // the first old pixel of each half
} NearStep;

// The same in other pictures: of each new pixel the first old one, and the weights of eight.
typedef struct {
  uint32_t first[STEP];
  int16_t weights[STEP][HALF_LANES];
} FarStep;

struct ShortRows {
  size_t count, new_width, steps;
  uint64_t per_area;  // 2^shift / area, rounded up
  uint32_t shift;
  int32_t added;  // what sums lack to be rounded down to the mean
  uint16_t *sums;
  NearStep *near;  // this
  FarStep *far;    // or this
};

static void set_near(NearStep *step, const AreaMean *mean, size_t from) {
  for (size_t half = 0; half < 2; half++) {
    const size_t begin = from + half * HALF;
    const uint32_t first = begin < mean->new_width ? mean->across[begin].first : 0;
    step->first[half] = first;
    for (size_t index = 0; index < HALF && begin + index < mean->new_width; index++) {
      const Cover part = mean->across[begin + index];
      const size_t at = half * HALF + index;
      const bool has_third = part.last == part.first + 2;
      for (size_t byte = 0; byte < sizeof(uint32_t); byte++)
        step->pair[4 * at + byte] = step->third[4 * at + byte] = (uint8_t)(2 * (part.first - first) + byte);
      step->pair_weights[2 * at] = (int16_t)part.first_weight;
      step->pair_weights[2 * at + 1] = (int16_t)(has_third ? mean->new_across : part.last_weight);
      step->third_weights[2 * at] = (int16_t)(has_third ? part.last_weight : 0);
    }
  }
}

static void set_far(FarStep *step, const AreaMean *mean, size_t from) {
  for (size_t index = 0; index < STEP && from + index < mean->new_width; index++) {
    const Cover part = mean->across[from + index];
    step->first[index] = part.first;
    for (uint32_t old = part.first; old <= part.last; old++)
      step->weights[index][old - part.first] =
          (int16_t)(old == part.first ? part.first_weight : old == part.last ? part.last_weight : mean->new_across);
  }
}

// A new pixel covers at most so many old ones.
static uint32_t most_covered(const AreaMean *mean) { return (mean->old_across + mean->new_across - 2) / mean->new_across + 1; }

ShortRows *short_rows_begin(const AreaMean *mean) {
  const uint64_t area = (uint64_t)mean->old_across * mean->old_down;
  if (mean->channels != 1 || mean->old_down > MOST_UNITS || mean->old_across <= mean->new_across || area >= MOST_AREA ||
      mean->old_across >= ZERO || most_covered(mean) > HALF_LANES || !__builtin_cpu_supports("avx2"))
    return NULL;
  ShortRows *rows = calloc(1, sizeof *rows);
  if (rows == NULL) return NULL;
  const bool is_near = mean->old_across <= 2 * mean->new_across;
  rows->count = mean->width;
  rows->new_width = mean->new_width;
  rows->steps = (mean->new_width + STEP - 1) / STEP;
  // Exact for whole numbers under 256 areas, since these are less than 2^22.
  rows->shift = 30 + (uint32_t)(64 - __builtin_clzll(area));
  rows->per_area = (((uint64_t)1 << rows->shift) + area - 1) / area;
  rows->added = (int32_t)(ZERO * mean->old_across + area / 2);
  rows->sums = aligned_alloc(sizeof(__m256i), ((rows->count + 3 * LANES - 1) / LANES) * LANES * sizeof *rows->sums);
  rows->near = is_near ? calloc(rows->steps, sizeof *rows->near) : NULL;
  rows->far = is_near ? NULL : calloc(rows->steps, sizeof *rows->far);
  if (rows->sums == NULL || (rows->near == NULL && rows->far == NULL)) {
    short_rows_end(rows);
    return NULL;
  }
  // Numbers beyond the last sum are read, and multiplied by 0.
  memset(rows->sums + rows->count, 0, 2 * LANES * sizeof *rows->sums);
  for (size_t index = 0; index < rows->steps; index++) {
    if (is_near) set_near(rows->near + index, mean, index * STEP);
    else set_far(rows->far + index, mean, index * STEP);
  }
  return rows;
}

void short_rows_end(ShortRows *rows) {
  if (rows == NULL) return;
  free(rows->sums);
  free(rows->near);
  free(rows->far);
  free(rows);
}

AVX2 void short_rows_add(ShortRows *rows, const uint8_t *row, uint32_t weight, bool is_first) {
  uint16_t *restrict sums = rows->sums;
  const uint16_t times = (uint16_t)weight;
  if (is_first)
    for (size_t x = 0; x < rows->count; x++) sums[x] = (uint16_t)(row[x] * times + ZERO);
  else
    for (size_t x = 0; x < rows->count; x++) sums[x] = (uint16_t)(sums[x] + row[x] * times);
}

AVX2 static inline __m256i load_halves(const uint16_t *low, const uint16_t *high) {
  return _mm256_inserti128_si256(_mm256_castsi128_si256(_mm_loadu_si128((const __m128i *)low)),
                                 _mm_loadu_si128((const __m128i *)high), 1);
}

AVX2 static inline __m256i load(const void *from) { return _mm256_loadu_si256((const __m256i *)from); }

// The weighted sums of eight new pixels.
AVX2 static inline __m256i near_sums(const uint16_t *sums, const NearStep *step) {
  const uint16_t *low = sums + step->first[0], *high = sums + step->first[1];
  const __m256i pairs = _mm256_shuffle_epi8(load_halves(low, high), load(step->pair));
  const __m256i thirds = _mm256_shuffle_epi8(load_halves(low + 2, high + 2), load(step->third));
  return _mm256_add_epi32(_mm256_madd_epi16(pairs, load(step->pair_weights)),
                          _mm256_madd_epi16(thirds, load(step->third_weights)));
}

// Four parts of the sum of a new pixel, and of that four places further.
AVX2 static inline __m256i far_parts(const uint16_t *sums, const FarStep *step, size_t index) {
  const __m256i weights = load_halves((const uint16_t *)step->weights[index], (const uint16_t *)step->weights[index + HALF]);
  return _mm256_madd_epi16(load_halves(sums + step->first[index], sums + step->first[index + HALF]), weights);
}

AVX2 static inline __m256i far_sums(const uint16_t *sums, const FarStep *step) {
  return _mm256_hadd_epi32(_mm256_hadd_epi32(far_parts(sums, step, 0), far_parts(sums, step, 1)),
                           _mm256_hadd_epi32(far_parts(sums, step, 2), far_parts(sums, step, 3)));
}

AVX2 void short_rows_write(const ShortRows *rows, uint8_t *to) {
  const __m256i per_area = _mm256_set1_epi64x((int64_t)rows->per_area), added = _mm256_set1_epi32(rows->added);
  const __m128i shift = _mm_cvtsi32_si128((int)rows->shift), odd_shift = _mm_cvtsi32_si128((int)rows->shift - 32);
  const __m256i lowest = _mm256_set1_epi32(0x0c080400), halves = _mm256_setr_epi32(0, 4, 0, 4, 0, 4, 0, 4);
  for (size_t index = 0; index < rows->steps; index++) {
    const __m256i weighted =
        rows->near != NULL ? near_sums(rows->sums, rows->near + index) : far_sums(rows->sums, rows->far + index);
    const __m256i sums = _mm256_add_epi32(weighted, added);
    const __m256i even = _mm256_srl_epi64(_mm256_mul_epu32(sums, per_area), shift);
    const __m256i odd = _mm256_srl_epi64(_mm256_mul_epu32(_mm256_srli_epi64(sums, 32), per_area), odd_shift);
    const __m256i means = _mm256_shuffle_epi8(_mm256_blend_epi32(even, odd, 0xaa), lowest);
    uint8_t bytes[LANES];
    _mm_storeu_si128((__m128i *)bytes, _mm256_castsi256_si128(_mm256_permutevar8x32_epi32(means, halves)));
    const size_t at = index * STEP, left = rows->new_width - at;
    if (left >= STEP) memcpy(to + at, bytes, STEP);
    else memcpy(to + at, bytes, left);
  }
}

#else
ShortRows *short_rows_begin(const AreaMean *mean) { return (void)mean, NULL; }
void short_rows_add(ShortRows *rows, const uint8_t *row, uint32_t weight, bool is_first) {
  (void)rows, (void)row, (void)weight, (void)is_first;
}
void short_rows_write(const ShortRows *rows, uint8_t *to) { (void)rows, (void)to; }
void short_rows_end(ShortRows *rows) { (void)rows; }
#endif
