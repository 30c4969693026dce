// The pairs that a band brings together, by AVX-512: what assembly/{sort-by-band,indexed}.ts do, with the same
// arguments. Only the order of `heads` differs.
#pragma once
#include <stdbool.h>

#include "edges.h"

// Rows sorted by a band: a value v has the places offsets[v] … offsets[v + 1] - 1.
typedef struct {
  const uint64_t *rows;
  uint32_t *row_of;   // number of a row in what is joined, by place
  uint32_t *offsets;  // value_count + 1
  uint64_t *filled;   // a bit for each value that has rows
  uint64_t *heads;    // the first word of each row, by place; then the second one, if there is
} Side;

typedef struct {
  Side left, right;
  bool same;  // left and right are one side: each pair once
  size_t row_words, value_count;
  uint32_t flips, radius;
  const uint64_t *earlier;  // for each earlier band a mask of row_words words, then its flips
  size_t earlier_count;
  Edges edges;
} BandJoin;

// Whether this processor has the instructions: AVX-512 with VPOPCNTDQ, and BMI2.
bool has_bands(void);

// Counting sort of `count` rows by the bits that `mask`, row_words words, picks.
// @param values scratch, one a row
void sort_by_band(Side side, size_t count, size_t row_words, const uint64_t *mask, uint32_t *values,
                  size_t value_count);

// Gives an edge for each pair that this band, and no earlier one, brings together.
// @returns candidates compared
double join_band(BandJoin *join);
