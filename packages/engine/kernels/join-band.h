// The join of two sides by one band.
#pragma once
#include <stdbool.h>

#include "edges.h"
#include "rows.h"
#include "side.h"

typedef struct {
  Side left, right;
  const uint64_t *left_second, *right_second;  // the second words of the rows, by place
  bool same;                                   // the two sides are one: each pair of rows once
  size_t row_words;
  uint32_t radius;
  const uint64_t *earlier;  // for each earlier band a mask of row_words words, then its flips
  size_t earlier_count;
  uint64_t candidates;
  Edges edges;
} BandJoin;

// Whether a pair of rows is in a band: at most its flips of the mask's bits differ.
static inline bool in_band(const uint64_t *x, const uint64_t *y, size_t row_words, const uint64_t *band) {
  return masked_distance(x, y, row_words, band) <= band[row_words];
}

// Adds the edge of two places whose rows are within the radius, unless an earlier band has it.
static __attribute__((noinline)) void add_pair(BandJoin *join, size_t place, size_t other) {
  const size_t row_words = join->row_words;
  const uint32_t i = join->left.row_of[place], j = join->right.row_of[other];
  const uint64_t *x = join->left.rows + i * row_words, *y = join->right.rows + j * row_words;
  const uint32_t distance = row_distance(x, y, row_words);
  if (distance > join->radius) return;
  for (size_t band = 0; band < join->earlier_count; band++)
    if (in_band(x, y, row_words, join->earlier + band * (row_words + 1))) return;
  add_edge(&join->edges, i, j, distance);
}
