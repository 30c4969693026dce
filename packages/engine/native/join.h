// Joins of hashes by Hamming distance, without any knowledge of Node.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MAX_WORDS = 4, PADDED_ROWS = 8 };

// Rows in columns: word k of row r is words[k * padded + r]. Rows are filled up with zeros to a multiple of 8.
typedef struct {
  const uint64_t *words;
  size_t count, padded;
} Columns;

typedef struct {
  uint32_t *edges;  // (row, column, distance), three for each edge
  size_t count, capacity;
  size_t next_row;  // where to go on: fewer than a row's worth of edges were free
} Found;

// The name of the instruction set that is number 0, 1, … of those usable here, the best first; NULL after the last.
const char *join_variant(size_t number);

// Gives the pairs within the radius from found->next_row on, until all is done or the next rows' pairs may not fit.
// @param variant a name that join_variant gave
void join_columns(Columns left, Columns right, size_t row_words, uint32_t radius, bool same, const char *variant,
                  Found *found);
