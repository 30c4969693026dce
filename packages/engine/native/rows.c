#include "rows.h"

#include <stdbool.h>
#include <string.h>

// Mixes a row's words by multiplication and rotation (the finalizer of MurmurHash3).
static inline uint64_t hash_of(const uint64_t *row, size_t row_words) {
  uint64_t hash = 0;
  for (size_t k = 0; k < row_words; k++) {
    hash = ((hash << 27 | hash >> 37) ^ row[k]) * 0xff51afd7ed558ccd;
    hash ^= hash >> 33;
  }
  return hash * 0xc4ceb9fe1a85ec53;
}

size_t collapse_rows(uint64_t *rows, uint32_t *ordinals, size_t count, size_t row_words, uint64_t *table,
                     size_t slots) {
  const size_t row_bytes = row_words * sizeof *rows;
  memset(table, 0, slots * sizeof *table);
  size_t kept = 0;
  for (size_t row = 0; row < count; row++) {
    const uint64_t *from = rows + row * row_words;
    if (row + AHEAD < count)
      __builtin_prefetch(&table[hash_of(from + AHEAD * row_words, row_words) >> 32 & (slots - 1)], 1);
    const uint64_t hash = hash_of(from, row_words);
    const uint64_t tag = hash << 32;
    size_t slot = hash >> 32 & (slots - 1);
    bool equal = false;
    for (uint64_t taken; (taken = table[slot]) != 0; slot = (slot + 1) & (slots - 1)) {
      const uint64_t other = (uint32_t)taken - 1;
      equal = (taken ^ tag) >> 32 == 0 && memcmp(rows + other * row_words, from, row_bytes) == 0;
      if (equal) break;
    }
    if (equal) continue;
    if (kept != row) {
      memcpy(rows + kept * row_words, from, row_bytes);
      ordinals[kept] = ordinals[row];
    }
    table[slot] = tag | ++kept;
  }
  return kept;
}
