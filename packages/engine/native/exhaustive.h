// Every row of one block against every row of another: what assembly/exhaustive.ts does, with the same arguments.
#pragma once
#include <stdbool.h>

#include "edges.h"

typedef struct {
  const uint8_t *left;  // rows
  size_t left_first, left_count;
  const uint8_t *planes;  // byte k of the 64 rows from `column` on begins at planes[column * row_bytes + k * 64]
  size_t right_first, right_count;
  size_t row_bytes, stage_bytes;
  uint8_t radius;
  bool same;  // the two blocks are one: only columns after the row
  Edges edges;
} RowJoin;

// The name of the instruction set that is number 0, 1, … of those usable here, the best first; NULL after the last.
const char *instruction_set(size_t number);

// Gives an edge for each pair within the radius, by instruction set `number`.
void join_rows(RowJoin *join, size_t number);
