// A part of join-band.c: several rows against eight or sixteen columns at once.
#include <immintrin.h>

// Rows compared at once, their heads in registers; and 64-bit columns of a vector.
enum { ROWS = 4, COLUMNS = 8 };

// Which of the eight places of the right side from `column` on, of those `near`, are so in the words beyond their heads
// too: real hashes resemble each other where pictures are dark, so that many are near by their heads.
static inline uint32_t near_beyond(const BandJoin *join, size_t place, size_t column, uint32_t near, __m512i distance) {
  const int row_words = (int)join->row_words;
  const uint64_t *row = join->left.rows + join->left.row_of[place] * join->row_words;
  const __m256i others = _mm256_mullo_epi32(_mm256_loadu_si256((const __m256i *)(join->right.row_of + column)),
                                            _mm256_set1_epi32(row_words));
  for (int k = 2; k < row_words; k++) {
    const __m512i words = _mm512_mask_i32gather_epi64(distance, (__mmask8)near, others, join->right.rows + k, 8);
    const __m512i differing = _mm512_xor_si512(words, _mm512_set1_epi64((long long)row[k]));
    distance = _mm512_add_epi64(distance, _mm512_popcnt_epi64(differing));
  }
  return near & _mm512_cmple_epu64_mask(distance, _mm512_set1_epi64(join->radius));
}

// Of the places `near` from `column` on, those before `to`, and, where a value is joined with itself, after `place`.
// What vectors read beyond a value's rows is other rows, or padding.
static inline uint32_t in_range(uint32_t near, size_t column, size_t to, size_t place, bool itself) {
  if (to - column < 32) near &= (1u << (to - column)) - 1;
  if (itself && column <= place) near &= ~0u << (place + 1 - column);
  return near;
}

static inline void add_pairs(BandJoin *join, size_t place, size_t column, uint32_t near) {
  for (; near != 0; near &= near - 1) add_pair(join, place, column + (size_t)__builtin_ctz(near));
}

// Rows of one word: 32 bits of them first, sixteen columns at a time.
static void compare_narrow(BandJoin *join, size_t first, size_t end, size_t from, size_t to, bool itself) {
  const uint64_t *left = join->left.heads, *right = join->right.heads;
  const __m512i radius = _mm512_set1_epi64(join->radius), radius_32 = _mm512_set1_epi32((int)join->radius);
  const __m512i low_halves = _mm512_set_epi32(30, 28, 26, 24, 22, 20, 18, 16, 14, 12, 10, 8, 6, 4, 2, 0);
  for (size_t place = first; place < end; place += ROWS) {
    __m512i head[ROWS];
    for (size_t r = 0; r < ROWS; r++) head[r] = _mm512_set1_epi32((int)left[place + r]);
    for (size_t column = itself ? place + 1 : from; column < to; column += 2 * COLUMNS) {
      const __m512i a = _mm512_loadu_si512(right + column), b = _mm512_loadu_si512(right + column + COLUMNS);
      const __m512i columns = _mm512_permutex2var_epi32(a, low_halves, b);
      __m512i distance[ROWS];
      for (size_t r = 0; r < ROWS; r++) distance[r] = _mm512_popcnt_epi32(_mm512_xor_si512(columns, head[r]));
      __m512i nearest = distance[0];
      for (size_t r = 1; r < ROWS; r++) nearest = _mm512_min_epu32(nearest, distance[r]);
      if (__builtin_expect(_mm512_cmple_epu32_mask(nearest, radius_32) == 0, 1)) continue;
      for (size_t r = 0; r < ROWS && place + r < end; r++) {
        const __m512i row = _mm512_set1_epi64((long long)left[place + r]);
        const uint32_t near_a = _mm512_cmple_epu64_mask(_mm512_popcnt_epi64(_mm512_xor_si512(a, row)), radius);
        const uint32_t near_b = _mm512_cmple_epu64_mask(_mm512_popcnt_epi64(_mm512_xor_si512(b, row)), radius);
        add_pairs(join, place + r, column, in_range(near_b << COLUMNS | near_a, column, to, place + r, itself));
      }
    }
  }
}

// Rows of more words: two of them first.
static void compare_wide(BandJoin *join, size_t first, size_t end, size_t from, size_t to, bool itself) {
  const uint64_t *left = join->left.heads, *left_second = join->left_second;
  const uint64_t *right = join->right.heads, *right_second = join->right_second;
  const __m512i radius = _mm512_set1_epi64(join->radius);
  for (size_t place = first; place < end; place += ROWS) {
    __m512i head[ROWS], second[ROWS];
    for (size_t r = 0; r < ROWS; r++) {
      head[r] = _mm512_set1_epi64((long long)left[place + r]);
      second[r] = _mm512_set1_epi64((long long)left_second[place + r]);
    }
    for (size_t column = itself ? place + 1 : from; column < to; column += COLUMNS) {
      const __m512i heads = _mm512_loadu_si512(right + column), seconds = _mm512_loadu_si512(right_second + column);
      __m512i distance[ROWS];
      for (size_t r = 0; r < ROWS; r++)
        distance[r] = _mm512_add_epi64(_mm512_popcnt_epi64(_mm512_xor_si512(heads, head[r])),
                                       _mm512_popcnt_epi64(_mm512_xor_si512(seconds, second[r])));
      __m512i nearest = distance[0];
      for (size_t r = 1; r < ROWS; r++) nearest = _mm512_min_epu64(nearest, distance[r]);
      if (__builtin_expect(_mm512_cmple_epu64_mask(nearest, radius) == 0, 1)) continue;
      for (size_t r = 0; r < ROWS && place + r < end; r++) {
        uint32_t near = in_range(_mm512_cmple_epu64_mask(distance[r], radius), column, to, place + r, itself);
        if (join->row_words > 2 && near != 0) near = near_beyond(join, place + r, column, near, distance[r]);
        add_pairs(join, place + r, column, near);
      }
    }
  }
}

static inline void compare_places(BandJoin *join, size_t first, size_t end, size_t from, size_t to, bool itself) {
  (join->row_words > 1 ? compare_wide : compare_narrow)(join, first, end, from, to, itself);
}
