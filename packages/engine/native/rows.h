// Hashes as rows of 64-bit words: what assembly/rows.ts does, with the same arguments.
#pragma once
#include <stddef.h>
#include <stdint.h>

// Rows between asking for a place in memory and using it.
enum { AHEAD = 16 };

// Keeps the first of equal rows, and its ordinal; the kept ones move together, in their order.
// @param table scratch of `slots`, a power of two and at least 1.5 for each row: a row's place from 1 on, and above it
// half of its hash, so that other rows are seldom looked at
// @returns rows kept
size_t collapse_rows(uint64_t *rows, uint32_t *ordinals, size_t count, size_t row_words, uint64_t *table, size_t slots);
