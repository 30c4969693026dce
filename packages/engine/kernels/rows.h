// Hashes as rows of 64-bit words, and rows sorted by a band.
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

// A side of a band join: rows sorted by their band value, so that value v has the places offsets[v] to
// offsets[v + 1] - 1, and the rows' first words beside them, so that candidates are read in order.
typedef struct {
  const uint64_t *rows;
  uint32_t *row_of;   // by place: the row's number
  uint32_t *offsets;  // one more than there are values
  uint64_t *filled;   // one bit for each value: whether it has rows
  uint64_t *heads;    // by place: the row's first word; after all of them each row's second word, if rows have one
} Side;

// Values are visited in blocks of 64: the bits of one word of `filled`.
enum { BLOCK_VALUES = 64 };

// Reads a side from five offsets, in the order of the fields.
static inline Side side_at(uint8_t *memory, uint32_t side) {
  const uint32_t *at = (const uint32_t *)(memory + side);
  return (Side){.rows = (uint64_t *)(memory + at[0]),
                .row_of = (uint32_t *)(memory + at[1]),
                .offsets = (uint32_t *)(memory + at[2]),
                .filled = (uint64_t *)(memory + at[3]),
                .heads = (uint64_t *)(memory + at[4])};
}
