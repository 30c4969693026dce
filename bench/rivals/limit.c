// The limit of the native kernel: counts the pairs within a radius with AVX-512 VPOPCNTDQ, and does nothing else.
// limit FILE BITS RADIUS -> seconds, pairs within the radius
#include <immintrin.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { ROWS = 8, LANES = 8 };

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

// One bits of 8 lanes in 8 rows, over the words of a hash; counted where they are at most the radius.
static inline uint64_t count_pairs(const uint64_t *columns, size_t padded, size_t words, uint64_t radius) {
  const __m512i within = _mm512_set1_epi64((long long)radius), one = _mm512_set1_epi64(1);
  __m512i counts = _mm512_setzero_si512();
  for (size_t row = 0; row < padded; row += ROWS) {
    for (size_t c = row & ~(size_t)(LANES - 1); c < padded; c += LANES) {
      __m512i distance[ROWS];
      for (size_t r = 0; r < ROWS; r++) distance[r] = _mm512_setzero_si512();
      for (size_t k = 0; k < words; k++) {
        const __m512i column = _mm512_loadu_si512(columns + k * padded + c);
        for (size_t r = 0; r < ROWS; r++) {
          const __m512i word = _mm512_set1_epi64((long long)columns[k * padded + row + r]);
          distance[r] = _mm512_add_epi64(distance[r], _mm512_popcnt_epi64(_mm512_xor_si512(column, word)));
        }
      }
      for (size_t r = 0; r < ROWS; r++)
        counts = _mm512_mask_add_epi64(counts, _mm512_cmple_epu64_mask(distance[r], within), counts, one);
    }
  }
  return (uint64_t)_mm512_reduce_add_epi64(counts);
}

int main(int argc, char **argv) {
  if (argc != 4) return 64;
  const size_t words = strtoul(argv[2], NULL, 10) / 64;
  const uint64_t radius = strtoul(argv[3], NULL, 10);
  FILE *file = fopen(argv[1], "rb");
  if (file == NULL) return 66;
  fseek(file, 0, SEEK_END);
  const size_t rows = (size_t)ftell(file) / 8 / words;
  rewind(file);
  uint64_t *columns = aligned_alloc(64, (rows * words * 8 + 63) / 64 * 64);
  for (size_t row = 0; row < rows; row++)
    for (size_t k = 0; k < words; k++)
      if (fread(&columns[k * rows + row], 8, 1, file) != 1) return 65;
  double best = 1e9;
  uint64_t pairs = 0;
  for (int round = 0; round < 3; round++) {
    const double started = now();
    pairs = words == 1 ? count_pairs(columns, rows, 1, radius) : count_pairs(columns, rows, 4, radius);
    const double seconds = now() - started;
    if (seconds < best) best = seconds;
  }
  printf("{\"seconds\": %f, \"pairs\": %lu}\n", best, (unsigned long)pairs);
}
