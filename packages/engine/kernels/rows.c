// Hashes as rows of 64-bit words.
#include "rows.h"

#include "kernel.h"

// Mixes a row's words by multiplication and rotation (the finalizer of MurmurHash3).
static inline uint64_t hash_of(const uint64_t *row, size_t row_words) {
  uint64_t hash = 0;
  for (size_t k = 0; k < row_words; k++) {
    hash = ((hash << 27 | hash >> 37) ^ row[k]) * 0xff51afd7ed558ccd;
    hash ^= hash >> 33;
  }
  return hash * 0xc4ceb9fe1a85ec53;
}

static inline bool equal_rows(const uint64_t *x, const uint64_t *y, size_t row_words) {
  for (size_t k = 0; k < row_words; k++)
    if (x[k] != y[k]) return false;
  return true;
}

// Removes every row that equals an earlier one, and its ordinal; the remaining ones move together, in their order.
// @param table  scratch of `slots` 64-bit words, a power of two and at least 1.5 for each row. A word has a row's
//               number from 1 on, and above it half of the row's hash, so that other rows are seldom read
// @returns rows that remain
KERNEL(collapse_rows, rows, ordinals, count, row_bytes, table, slots) {
  uint64_t *rows = (uint64_t *)(memory + in.rows), *table = (uint64_t *)(memory + in.table);
  uint32_t *ordinals = (uint32_t *)(memory + in.ordinals);
  const size_t row_words = in.row_bytes / sizeof *rows;
  for (size_t slot = 0; slot < in.slots; slot++) table[slot] = 0;
  size_t distinct = 0;
  for (size_t row = 0; row < in.count; row++) {
    const uint64_t *from = rows + row * row_words;
    if (row + PREFETCH_ROWS < in.count)
      __builtin_prefetch(&table[hash_of(from + PREFETCH_ROWS * row_words, row_words) >> 32 & (in.slots - 1)], 1);
    const uint64_t hash = hash_of(from, row_words), tag = hash << 32;
    size_t slot = hash >> 32 & (in.slots - 1);
    bool equal = false;
    for (uint64_t taken; !equal && (taken = table[slot]) != 0; slot = (slot + 1) & (in.slots - 1))
      equal = (taken ^ tag) >> 32 == 0 && equal_rows(rows + ((uint32_t)taken - 1) * row_words, from, row_words);
    if (equal) continue;
    if (distinct != row) {
      for (size_t k = 0; k < row_words; k++) rows[distinct * row_words + k] = from[k];
      ordinals[distinct] = ordinals[row];
    }
    table[slot] = tag | ++distinct;
  }
  return (double)distinct;
}
