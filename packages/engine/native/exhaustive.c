#include "exhaustive.h"

#include "indexed.h"

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

enum { COLUMNS = 64 };

// Rows compared at once: they share what is loaded of the columns.
enum { ROWS = 8 };

// Which of the rows may be within the radius of one of 64 columns by their first `bytes` bytes, one bit each.
typedef uint32_t RowsWithin(const uint8_t *const rows[ROWS], const uint8_t *planes, size_t bytes, uint8_t radius);

// Which of 64 columns are within the radius of the row, one bit each; 255 is as far as a byte counts, and farther than
// any radius.
// @param distances of all columns, 64 bytes
typedef uint64_t Within(const uint8_t *row, const uint8_t *planes, size_t bytes, uint8_t radius, uint8_t *distances);

#if defined(__x86_64__)
#define AVX512 __attribute__((target("avx512f,avx512bw,avx512bitalg")))
#define AVX2 __attribute__((target("avx2")))

AVX512 static inline uint32_t rows_within_avx512(const uint8_t *const rows[ROWS], const uint8_t *planes, size_t bytes,
                                                 uint8_t radius) {
  __m512i distance[ROWS];
  for (size_t r = 0; r < ROWS; r++) distance[r] = _mm512_setzero_si512();
#pragma GCC unroll 2
  for (size_t k = 0; k < bytes; k++) {
    const __m512i plane = _mm512_loadu_si512(planes + k * COLUMNS);
    for (size_t r = 0; r < ROWS; r++)
      distance[r] = _mm512_adds_epu8(distance[r],
                                     _mm512_popcnt_epi8(_mm512_xor_si512(plane, _mm512_set1_epi8((char)rows[r][k]))));
  }
  __m512i nearest = distance[0];
  for (size_t r = 1; r < ROWS; r++) nearest = _mm512_min_epu8(nearest, distance[r]);
  const __m512i most = _mm512_set1_epi8((char)radius);
  if (__builtin_expect(_mm512_cmple_epu8_mask(nearest, most) == 0, 1)) return 0;
  uint32_t near = 0;
  for (size_t r = 0; r < ROWS; r++) near |= (uint32_t)(_mm512_cmple_epu8_mask(distance[r], most) != 0) << r;
  return near;
}

AVX512 static inline uint64_t within_avx512(const uint8_t *row, const uint8_t *planes, size_t bytes, uint8_t radius,
                                            uint8_t *distances) {
  __m512i distance = _mm512_setzero_si512();
  for (size_t k = 0; k < bytes; k++) {
    const __m512i differing =
        _mm512_xor_si512(_mm512_loadu_si512(planes + k * COLUMNS), _mm512_set1_epi8((char)row[k]));
    distance = _mm512_adds_epu8(distance, _mm512_popcnt_epi8(differing));
  }
  _mm512_storeu_si512(distances, distance);
  return _mm512_cmple_epu8_mask(distance, _mm512_set1_epi8((char)radius));
}

// One bits of each byte: two look-ups of nibbles (Mula, Kurz and Lemire, 2017).
AVX2 static inline __m256i popcount_avx2(__m256i value) {
  const __m256i counts =
      _mm256_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4, 0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4);
  const __m256i nibble = _mm256_set1_epi8(15);
  const __m256i low = _mm256_shuffle_epi8(counts, _mm256_and_si256(value, nibble));
  return _mm256_add_epi8(low, _mm256_shuffle_epi8(counts, _mm256_and_si256(_mm256_srli_epi64(value, 4), nibble)));
}

AVX2 static inline uint64_t within_avx2(const uint8_t *row, const uint8_t *planes, size_t bytes, uint8_t radius,
                                        uint8_t *distances) {
  __m256i first = _mm256_setzero_si256(), second = first;
  for (size_t k = 0; k < bytes; k++) {
    const __m256i byte = _mm256_set1_epi8((char)row[k]);
    const __m256i *plane = (const __m256i *)(planes + k * COLUMNS);
    first = _mm256_adds_epu8(first, popcount_avx2(_mm256_xor_si256(_mm256_loadu_si256(plane), byte)));
    second = _mm256_adds_epu8(second, popcount_avx2(_mm256_xor_si256(_mm256_loadu_si256(plane + 1), byte)));
  }
  _mm256_storeu_si256((__m256i *)distances, first);
  _mm256_storeu_si256((__m256i *)distances + 1, second);
  const __m256i most = _mm256_set1_epi8((char)radius);
  const uint32_t low = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(_mm256_max_epu8(first, most), most));
  const uint32_t high = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(_mm256_max_epu8(second, most), most));
  return (uint64_t)high << 32 | low;
}
#elif defined(__aarch64__)
static inline uint64_t within_neon(const uint8_t *row, const uint8_t *planes, size_t bytes, uint8_t radius,
                                   uint8_t *distances) {
  uint8x16x4_t distance = {{vdupq_n_u8(0), vdupq_n_u8(0), vdupq_n_u8(0), vdupq_n_u8(0)}};
  for (size_t k = 0; k < bytes; k++) {
    const uint8x16_t byte = vdupq_n_u8(row[k]);
    const uint8x16x4_t plane = vld1q_u8_x4(planes + k * COLUMNS);
    for (int part = 0; part < 4; part++)
      distance.val[part] = vqaddq_u8(distance.val[part], vcntq_u8(veorq_u8(plane.val[part], byte)));
  }
  vst1q_u8_x4(distances, distance);
  const uint8x16_t most = vdupq_n_u8(radius);
  const uint8x16_t nearest =
      vminq_u8(vminq_u8(distance.val[0], distance.val[1]), vminq_u8(distance.val[2], distance.val[3]));
  if (vminvq_u8(nearest) > radius) return 0;
  // Sixteen bits of four times sixteen lanes, by adding pairs of weighted lanes three times.
  const uint8x16_t weights = vreinterpretq_u8_u64(vdupq_n_u64(0x8040201008040201));
  uint8x16_t bits[4];
  for (int part = 0; part < 4; part++) bits[part] = vandq_u8(vcleq_u8(distance.val[part], most), weights);
  const uint8x16_t sums = vpaddq_u8(vpaddq_u8(bits[0], bits[1]), vpaddq_u8(bits[2], bits[3]));
  return vgetq_lane_u64(vreinterpretq_u64_u8(vpaddq_u8(sums, sums)), 0);
}
#endif

#define ALWAYS_INLINE static inline __attribute__((always_inline))

// For instruction sets with too few registers for so many rows at once.
ALWAYS_INLINE uint32_t row_by_row(Within *within, const uint8_t *const rows[ROWS], const uint8_t *planes, size_t bytes,
                                  uint8_t radius) {
  uint32_t near = 0;
  uint8_t distances[COLUMNS];
  for (size_t r = 0; r < ROWS; r++) near |= (uint32_t)(within(rows[r], planes, bytes, radius, distances) != 0) << r;
  return near;
}

ALWAYS_INLINE void join_rows_by(RowJoin *join, RowsWithin *rows_within, Within *within) {
  const size_t row_bytes = join->row_bytes;
  uint8_t distances[COLUMNS];
  for (size_t first = 0; first < join->left_count; first += ROWS) {
    const size_t count = join->left_count - first < ROWS ? join->left_count - first : ROWS;
    const uint8_t *rows[ROWS];
    for (size_t r = 0; r < ROWS; r++) rows[r] = join->left + (first + (r < count ? r : 0)) * row_bytes;
    for (size_t column = join->same ? (first + 1) & ~(size_t)(COLUMNS - 1) : 0; column < join->right_count;
         column += COLUMNS) {
      const uint8_t *planes = join->planes + column * row_bytes;
      // Partial-distance early-out: a row's 64 columns are given up together.
      uint32_t rows_near = rows_within == NULL ? row_by_row(within, rows, planes, join->stage_bytes, join->radius)
                                               : rows_within(rows, planes, join->stage_bytes, join->radius);
      rows_near &= (1u << count) - 1;
      for (; rows_near != 0; rows_near &= rows_near - 1) {
        const size_t row = first + (size_t)__builtin_ctz(rows_near);
        uint64_t near = within(rows[row - first], planes, row_bytes, join->radius, distances);
        if (join->same && column <= row) near &= ~UINT64_C(1) << (row - column);
        if (join->right_count - column < COLUMNS) near &= (UINT64_C(1) << (join->right_count - column)) - 1;
        for (; near != 0; near &= near - 1) {
          const size_t lane = (size_t)__builtin_ctzll(near);
          add_edge(&join->edges, join->left_first + row, join->right_first + column + lane, distances[lane]);
        }
      }
    }
  }
  flush_edges(&join->edges);
}

#if defined(__x86_64__)
AVX512 static void join_rows_avx512(RowJoin *join) {
  // Eight rows are looked at together: with one byte more it is rarer that one of them is near, 8 % faster at 256 bits.
  if (join->stage_bytes < join->row_bytes) join->stage_bytes++;
  join_rows_by(join, rows_within_avx512, within_avx512);
}
AVX2 static void join_rows_avx2(RowJoin *join) { join_rows_by(join, NULL, within_avx2); }
static bool has_avx512(void) {
  return __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512bitalg") && has_bands();
}
static bool has_avx2(void) { return __builtin_cpu_supports("avx2"); }
#elif defined(__aarch64__)
static void join_rows_neon(RowJoin *join) { join_rows_by(join, NULL, within_neon); }
static bool has_neon(void) { return true; }
#endif

// The best one first.
static const struct {
  const char *name;
  bool (*is_here)(void);
  void (*join_rows)(RowJoin *join);
} variants[] = {
#if defined(__x86_64__)
    {"avx512", has_avx512, join_rows_avx512},
    {"avx2", has_avx2, join_rows_avx2},
#elif defined(__aarch64__)
    {"neon", has_neon, join_rows_neon},
#endif
    {NULL, NULL, NULL},
};

const char *instruction_set(size_t number) {
  for (size_t v = 0; variants[v].name != NULL; v++)
    if (variants[v].is_here() && number-- == 0) return variants[v].name;
  return NULL;
}

void join_rows(RowJoin *join, size_t number) {
  for (size_t v = 0; variants[v].name != NULL; v++)
    if (variants[v].is_here() && number-- == 0) variants[v].join_rows(join);
}
