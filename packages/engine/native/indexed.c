#include "indexed.h"

#include "rows.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define WITH_VECTORS __attribute__((target("avx2,avx512f,avx512vpopcntdq,bmi,bmi2,popcnt")))

// VALUES: of a block, one bit each in a word. ROWS: compared at once, their heads in registers. COLUMNS: of a vector.
enum { VALUES = 64, ROWS = 4, COLUMNS = 8 };

bool has_bands(void) { return __builtin_cpu_supports("avx512vpopcntdq") && __builtin_cpu_supports("bmi2"); }

WITH_VECTORS static uint32_t value_of(const uint64_t *row, size_t row_words, const uint64_t *mask) {
  uint64_t value = 0;
  for (size_t k = row_words; k-- > 0;) value = value << __builtin_popcountll(mask[k]) | _pext_u64(row[k], mask[k]);
  return (uint32_t)value;
}

// The first word of a row; of a row that is no longer, its bits with those of the band last: as rows that are compared
// are alike in the band, the rest tells them apart sooner.
WITH_VECTORS static inline uint64_t head_of(const uint64_t *row, size_t row_words, const uint64_t *mask) {
  if (row_words > 1) return row[0];
  return _pext_u64(row[0], ~mask[0]) | _pext_u64(row[0], mask[0]) << (64 - __builtin_popcountll(mask[0]));
}

WITH_VECTORS void sort_by_band(Side side, size_t count, size_t row_words, const uint64_t *mask, uint32_t *values,
                               size_t value_count) {
  uint32_t *offsets = side.offsets;
  for (size_t value = 0; value <= value_count; value++) offsets[value] = 0;
  for (size_t row = 0; row < count; row++) values[row] = value_of(side.rows + row * row_words, row_words, mask);
  for (size_t row = 0; row < count; row++) {
    if (row + AHEAD < count) __builtin_prefetch(&offsets[values[row + AHEAD]], 1);
    offsets[values[row]]++;
  }
  // The end of each value's places, counted down to their start while the rows are placed.
  uint32_t end = 0;
  for (size_t block = 0; block < value_count / VALUES; block++) {
    uint64_t filled = 0;
    for (size_t low = 0; low < VALUES; low++) {
      uint32_t *offset = &offsets[block * VALUES + low];
      filled |= (uint64_t)(*offset != 0) << low;
      end += *offset;
      *offset = end;
    }
    side.filled[block] = filled;
  }
  offsets[value_count] = end;
  uint64_t *second = row_words > 1 ? side.heads + count : NULL;
  for (size_t row = count; row-- > 0;) {
    if (row >= 2 * AHEAD) __builtin_prefetch(&offsets[values[row - 2 * AHEAD]], 1);
    if (row >= AHEAD) {
      const uint32_t soon = offsets[values[row - AHEAD]] - 1;
      __builtin_prefetch(&side.heads[soon], 1);
      __builtin_prefetch(&side.row_of[soon], 1);
      if (second != NULL) __builtin_prefetch(&second[soon], 1);
    }
    const uint32_t place = --offsets[values[row]];
    side.row_of[place] = (uint32_t)row;
    side.heads[place] = head_of(side.rows + row * row_words, row_words, mask);
    if (second != NULL) second[place] = side.rows[row * row_words + 1];
  }
}

// Bits in which x and y differ, of those in `mask`; all bits without one.
WITH_VECTORS static inline uint64_t distance_of(const uint64_t *x, const uint64_t *y, size_t row_words,
                                                const uint64_t *mask) {
  uint64_t distance = 0;
  for (size_t k = 0; k < row_words; k++)
    distance += (uint64_t)__builtin_popcountll((x[k] ^ y[k]) & (mask == NULL ? ~UINT64_C(0) : mask[k]));
  return distance;
}

// A pair within the radius: an edge, unless an earlier band gave it.
WITH_VECTORS static void give(BandJoin *join, size_t place, size_t other) {
  const size_t row_words = join->row_words;
  const uint32_t i = join->left.row_of[place], j = join->right.row_of[other];
  const uint64_t *x = join->left.rows + i * row_words, *y = join->right.rows + j * row_words;
  for (size_t band = 0; band < join->earlier_count; band++) {
    const uint64_t *mask = join->earlier + band * (row_words + 1);
    if (distance_of(x, y, row_words, mask) <= mask[row_words]) return;
  }
  add_edge(&join->edges, i, j, distance_of(x, y, row_words, NULL));
}

// Which of the eight places of the right side from `column` on, of those `near`, are so in the words beyond their heads
// too: real hashes are alike where pictures are dark, so that many are near by their heads.
WITH_VECTORS static uint32_t near_beyond(const BandJoin *join, size_t place, size_t column, uint32_t near,
                                         __m512i distance) {
  const int row_words = (int)join->row_words;
  const uint64_t *row = join->left.rows + join->left.row_of[place] * join->row_words;
  const __m256i others = _mm256_mullo_epi32(_mm256_loadu_si256((const __m256i *)(join->right.row_of + column)),
                                            _mm256_set1_epi32(row_words));
  for (int k = 2; k < row_words; k++) {
    const __m512i words = _mm512_mask_i32gather_epi64(distance, (__mmask8)near, others, join->right.rows + k, 8);
    distance =
        _mm512_add_epi64(distance, _mm512_popcnt_epi64(_mm512_xor_si512(words, _mm512_set1_epi64((long long)row[k]))));
  }
  return near & _mm512_cmple_epu64_mask(distance, _mm512_set1_epi64(join->radius));
}

// Of places `near`, from `column` on, those before `to`, and, where the left side meets itself, after `place`. What
// vectors read beyond a value's rows is other rows, or padding.
static inline uint32_t in_range(uint32_t near, size_t column, size_t to, size_t place, bool itself) {
  if (to - column < 32) near &= (1u << (to - column)) - 1;
  if (itself && column <= place) near &= ~0u << (place + 1 - column);
  return near;
}

// The left side's places from `first` to `end` against the right one's from `from` to `to`, rows of one word: 32 bits
// of them first, sixteen columns at a time.
WITH_VECTORS static void compare_narrow(BandJoin *join, size_t first, size_t end, size_t from, size_t to, bool itself) {
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
      uint64_t near = 0;
      for (size_t r = 0; r < ROWS; r++) {
        const __m512i row = _mm512_set1_epi64((long long)left[place + r]);
        const uint64_t near_a = _mm512_cmple_epu64_mask(_mm512_popcnt_epi64(_mm512_xor_si512(a, row)), radius);
        const uint64_t near_b = _mm512_cmple_epu64_mask(_mm512_popcnt_epi64(_mm512_xor_si512(b, row)), radius);
        near |= (near_b << COLUMNS | near_a) << r * 2 * COLUMNS;
      }
      if (near == 0) continue;
      for (size_t r = 0; r < ROWS && place + r < end; r++) {
        uint32_t each = in_range((uint32_t)(near >> r * 2 * COLUMNS) & 0xffff, column, to, place + r, itself);
        for (; each != 0; each &= each - 1) give(join, place + r, column + (size_t)__builtin_ctz(each));
      }
    }
  }
}

// The same for rows of more words: two of them first.
WITH_VECTORS static void compare_wide(BandJoin *join, size_t first, size_t end, size_t from, size_t to, bool itself) {
  const uint64_t *left = join->left.heads, *left_second = left + join->left.offsets[join->value_count];
  const uint64_t *right = join->right.heads, *right_second = right + join->right.offsets[join->value_count];
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
        uint32_t near = _mm512_cmple_epu64_mask(distance[r], radius);
        near = in_range(near, column, to, place + r, itself);
        if (join->row_words > 2 && near != 0) near = near_beyond(join, place + r, column, near, distance[r]);
        for (; near != 0; near &= near - 1) give(join, place + r, column + (size_t)__builtin_ctz(near));
      }
    }
  }
}

// For each bit the numbers below 64 in which it is 0, as bitmaps.
static const uint64_t zeros[] = {0x5555555555555555, 0x3333333333333333, 0x0f0f0f0f0f0f0f0f,
                                 0x00ff00ff00ff00ff, 0x0000ffff0000ffff, 0x00000000ffffffff};

// A bitmap whose place v has what was at v ^ difference (delta swaps, Knuth, TAOCP 7.1.3).
static inline uint64_t swapped(uint64_t bitmap, uint32_t difference) {
  for (; difference != 0; difference &= difference - 1) {
    const int bit = __builtin_ctz(difference), by = 1 << bit;
    bitmap = (bitmap >> by & zeros[bit]) | (bitmap & zeros[bit]) << by;
  }
  return bitmap;
}

// The rows of 64 values of the left side against those of the 64 values of the right side that differ by `difference`.
WITH_VECTORS static uint64_t meet_values(BandJoin *join, uint32_t block, uint32_t other, uint32_t difference) {
  const bool once = join->same && block == other, itself = once && difference == 0;
  uint64_t both = join->left.filled[block] & swapped(join->right.filled[other], difference);
  // Each pair of values from the one whose highest differing bit is 0.
  if (once && !itself) both &= zeros[31 - __builtin_clz(difference)];
  uint64_t candidates = 0;
  for (; both != 0; both &= both - 1) {
    const uint32_t low = (uint32_t)__builtin_ctzll(both);
    const uint32_t *mine = &join->left.offsets[block * VALUES + low];
    const uint32_t *theirs = &join->right.offsets[other * VALUES + (low ^ difference)];
    const uint64_t rows = mine[1] - mine[0];
    candidates += itself ? rows * (rows - 1) / 2 : rows * (theirs[1] - theirs[0]);
    (join->row_words > 1 ? compare_wide : compare_narrow)(join, mine[0], mine[1], theirs[0], theirs[1], itself);
  }
  return candidates;
}

// The numbers below `below`, a power of two, of at most `ones` ones, two at most.
static size_t few_ones(uint32_t below, uint32_t ones, uint32_t *numbers) {
  size_t count = 0;
  numbers[count++] = 0;
  for (uint32_t high = 1; ones > 0 && high < below; high <<= 1) {
    numbers[count++] = high;
    for (uint32_t low = 1; ones > 1 && low < high; low <<= 1) numbers[count++] = high | low;
  }
  return count;
}

WITH_VECTORS double join_band(BandJoin *join) {
  const uint32_t blocks = (uint32_t)(join->value_count / VALUES);
  uint32_t high[1 + 26 + 26 * 25 / 2], low[1 + 6 + 6 * 5 / 2];
  const size_t highs = few_ones(blocks, join->flips, high), lows = few_ones(VALUES, join->flips, low);
  uint64_t candidates = 0;
  for (uint32_t block = 0; block < blocks; block++) {
    if (join->left.filled[block] == 0) continue;
    for (size_t h = 0; h < highs; h++) {
      const uint32_t other = block ^ high[h];
      if ((join->same && other < block) || join->right.filled[other] == 0) continue;
      const uint32_t left = join->flips - (uint32_t)__builtin_popcount(high[h]);
      for (size_t l = 0; l < lows; l++)
        if ((uint32_t)__builtin_popcount(low[l]) <= left) candidates += meet_values(join, block, other, low[l]);
    }
  }
  flush_edges(&join->edges);
  return (double)candidates;
}
#else
bool has_bands(void) { return false; }
void sort_by_band(Side side, size_t count, size_t row_words, const uint64_t *mask, uint32_t *values,
                  size_t value_count) {}
double join_band(BandJoin *join) { return 0; }
#endif
