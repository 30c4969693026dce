#include "join.h"

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

// Rows compared at once: their words stay in registers while columns stream by.
enum { ROWS = 4 };

static inline void add(Found *found, size_t row, size_t column, uint32_t distance) {
  uint32_t *edge = found->edges + 3 * found->count++;
  edge[0] = (uint32_t)row;
  edge[1] = (uint32_t)column;
  edge[2] = distance;
}

static inline uint32_t distance_of(Columns left, size_t row, Columns right, size_t column, size_t row_words) {
  uint32_t distance = 0;
  for (size_t k = 0; k < row_words; k++)
    distance += (uint32_t)__builtin_popcountll(left.words[k * left.padded + row] ^ right.words[k * right.padded + column]);
  return distance;
}

// Eight columns from `column` on, of which at least one is near one of the rows so far: looked at in full.
static void verify(Columns left, size_t row, size_t rows, Columns right, size_t column, size_t row_words, uint32_t radius,
                   bool same, Found *found) {
  for (size_t r = row; r < row + rows; r++) {
    for (size_t c = column; c < column + PADDED_ROWS && c < right.count; c++) {
      if (same && c <= r) continue;
      uint32_t distance = distance_of(left, r, right, c, row_words);
      if (distance <= radius) add(found, r, c, distance);
    }
  }
}

// The words of which a distance is taken before columns are given up: all of one-word rows, half of wider ones.
static inline size_t early_words(size_t row_words) { return row_words < 2 ? row_words : row_words / 2; }

typedef void JoinRows(Columns left, size_t row, size_t rows, Columns right, size_t from, size_t row_words, uint32_t radius,
                      bool same, Found *found);

static void join_rows_portable(Columns left, size_t row, size_t rows, Columns right, size_t from, size_t row_words,
                               uint32_t radius, bool same, Found *found) {
  for (size_t r = row; r < row + rows; r++) {
    for (size_t c = same && r >= from ? r + 1 : from; c < right.count; c++) {
      uint32_t distance = distance_of(left, r, right, c, row_words);
      if (distance <= radius) add(found, r, c, distance);
    }
  }
}

#if defined(__x86_64__)
__attribute__((target("avx512f,avx512vpopcntdq"))) static void join_rows_avx512(
    Columns left, size_t row, size_t rows, Columns right, size_t from, size_t row_words, uint32_t radius, bool same,
    Found *found) {
  const size_t early = early_words(row_words);
  const __m512i within = _mm512_set1_epi64(radius);
  __m512i word[ROWS][2];
  for (size_t r = 0; r < ROWS; r++)
    for (size_t k = 0; k < early; k++)
      word[r][k] = _mm512_set1_epi64((long long)left.words[k * left.padded + row + (r < rows ? r : 0)]);
  const uint64_t *first = right.words, *second = right.words + right.padded;
  for (size_t c = from; c < right.count; c += PADDED_ROWS) {
    const __m512i a = _mm512_loadu_si512(first + c);
    __m512i distance[ROWS];
    for (size_t r = 0; r < ROWS; r++) distance[r] = _mm512_popcnt_epi64(_mm512_xor_si512(a, word[r][0]));
    if (early == 2) {
      const __m512i b = _mm512_loadu_si512(second + c);
      for (size_t r = 0; r < ROWS; r++)
        distance[r] = _mm512_add_epi64(distance[r], _mm512_popcnt_epi64(_mm512_xor_si512(b, word[r][1])));
    }
    const __m512i nearest =
        _mm512_min_epu64(_mm512_min_epu64(distance[0], distance[1]), _mm512_min_epu64(distance[2], distance[3]));
    if (__builtin_expect(_mm512_cmple_epu64_mask(nearest, within) != 0, 0))
      verify(left, row, rows, right, c, row_words, radius, same, found);
  }
}

// One bits of each 64-bit lane: two look-ups of nibbles, and their sums (Mula, Kurz and Lemire, 2017).
__attribute__((target("avx2"))) static inline __m256i popcount_avx2(__m256i value) {
  const __m256i counts = _mm256_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4, 0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2,
                                          3, 2, 3, 3, 4);
  const __m256i nibble = _mm256_set1_epi8(15);
  const __m256i low = _mm256_shuffle_epi8(counts, _mm256_and_si256(value, nibble));
  const __m256i high = _mm256_shuffle_epi8(counts, _mm256_and_si256(_mm256_srli_epi64(value, 4), nibble));
  return _mm256_sad_epu8(_mm256_add_epi8(low, high), _mm256_setzero_si256());
}

__attribute__((target("avx2"))) static void join_rows_avx2(Columns left, size_t row, size_t rows, Columns right,
                                                           size_t from, size_t row_words, uint32_t radius, bool same,
                                                           Found *found) {
  const size_t early = early_words(row_words);
  const __m256i beyond = _mm256_set1_epi64x((long long)radius + 1);
  for (size_t r = row; r < row + rows; r++) {
    for (size_t c = from; c < right.count; c += PADDED_ROWS) {
      __m256i near = _mm256_setzero_si256();
      for (size_t half = 0; half < PADDED_ROWS; half += 4) {
        __m256i distance = _mm256_setzero_si256();
        for (size_t k = 0; k < early; k++) {
          const __m256i columns = _mm256_loadu_si256((const __m256i *)(right.words + k * right.padded + c + half));
          const __m256i word = _mm256_set1_epi64x((long long)left.words[k * left.padded + r]);
          distance = _mm256_add_epi64(distance, popcount_avx2(_mm256_xor_si256(columns, word)));
        }
        near = _mm256_or_si256(near, _mm256_cmpgt_epi64(beyond, distance));
      }
      if (!_mm256_testz_si256(near, near)) verify(left, r, 1, right, c, row_words, radius, same, found);
    }
  }
}
#elif defined(__aarch64__)
static void join_rows_neon(Columns left, size_t row, size_t rows, Columns right, size_t from, size_t row_words,
                           uint32_t radius, bool same, Found *found) {
  const size_t early = early_words(row_words);
  const uint64x2_t within = vdupq_n_u64(radius);
  for (size_t r = row; r < row + rows; r++) {
    for (size_t c = from; c < right.count; c += PADDED_ROWS) {
      uint64x2_t near = vdupq_n_u64(0);
      for (size_t part = 0; part < PADDED_ROWS; part += 2) {
        uint64x2_t distance = vdupq_n_u64(0);
        for (size_t k = 0; k < early; k++) {
          const uint64x2_t columns = vld1q_u64(right.words + k * right.padded + c + part);
          const uint64x2_t differing = veorq_u64(columns, vdupq_n_u64(left.words[k * left.padded + r]));
          distance = vpadalq_u32(distance, vpaddlq_u16(vpaddlq_u8(vcntq_u8(vreinterpretq_u8_u64(differing)))));
        }
        near = vorrq_u64(near, vcleq_u64(distance, within));
      }
      if (vgetq_lane_u64(near, 0) | vgetq_lane_u64(near, 1))
        verify(left, r, 1, right, c, row_words, radius, same, found);
    }
  }
}
#endif

#if defined(__x86_64__)
static bool has_avx512(void) { return __builtin_cpu_supports("avx512vpopcntdq"); }
static bool has_avx2(void) { return __builtin_cpu_supports("avx2"); }
#endif
static bool always(void) { return true; }

// The best one first.
static const struct {
  const char *name;
  bool (*is_here)(void);
  JoinRows *join_rows;
} variants[] = {
#if defined(__x86_64__)
    {"avx512", has_avx512, join_rows_avx512},
    {"avx2", has_avx2, join_rows_avx2},
#elif defined(__aarch64__)
    {"neon", always, join_rows_neon},
#endif
    {"portable", always, join_rows_portable},
};

const char *join_variant(size_t number) {
  for (size_t v = 0; v < sizeof variants / sizeof *variants; v++)
    if (variants[v].is_here() && number-- == 0) return variants[v].name;
  return NULL;
}

void join_columns(Columns left, Columns right, size_t row_words, uint32_t radius, bool same, const char *variant,
                  Found *found) {
  JoinRows *join_rows = join_rows_portable;
  for (size_t v = 0; v < sizeof variants / sizeof *variants; v++)
    if (variants[v].name == variant) join_rows = variants[v].join_rows;
  size_t row = found->next_row;
  while (row < left.count && found->capacity - found->count >= ROWS * right.count) {
    const size_t rows = left.count - row < ROWS ? left.count - row : ROWS;
    const size_t from = same ? (row + 1) & ~(size_t)(PADDED_ROWS - 1) : 0;
    join_rows(left, row, rows, right, from, row_words, radius, same, found);
    row += rows;
  }
  found->next_row = row;
}
