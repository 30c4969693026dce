// Hashes as rows of 64-bit words.
#pragma once
#include <stddef.h>
#include <stdint.h>

enum { MAX_ROW_BYTES = 32 };

// How many rows before its use a place in memory is prefetched. WebAssembly has no such instruction.
enum { PREFETCH_ROWS = 16 };

// Bits in which x and y differ, of those in `mask`.
static inline uint32_t masked_distance(const uint64_t *x, const uint64_t *y, size_t row_words, const uint64_t *mask) {
  uint32_t distance = 0;
  for (size_t k = 0; k < row_words; k++) distance += (uint32_t)__builtin_popcountll((x[k] ^ y[k]) & mask[k]);
  return distance;
}

static inline uint32_t row_distance(const uint64_t *x, const uint64_t *y, size_t row_words) {
  uint32_t distance = 0;
  for (size_t k = 0; k < row_words; k++) distance += (uint32_t)__builtin_popcountll(x[k] ^ y[k]);
  return distance;
}
