// Every row of one block against every row of another, 64 columns at a time.
//
// The right block is in byte planes: plane k of 64 rows has byte k of each. The distances of a row to 64 columns then
// grow a byte at a time, and after some bytes all 64 are given up together when none is within the radius so far
// (partial-distance early-out). A byte counts up to 255, which is beyond any radius.
#include "kernel.h"
#include "simd.h"

enum { COLUMNS = 64, PARTS = COLUMNS / LANES };

// Rows that share what is loaded of the columns: as many as leave their distances in registers.
enum { ROWS = LANES == 64 ? 8 : LANES == 32 ? 2 : 1 };

// Lays rows out in byte planes; the last 64 are filled up with zeros.
KERNEL(to_planes, rows, count, row_bytes, planes) {
  const uint8_t *rows = memory + in.rows;
  uint8_t *plane = memory + in.planes;
  for (size_t first = 0; first < in.count; first += COLUMNS)
    for (size_t k = 0; k < in.row_bytes; k++, plane += COLUMNS)
      for (size_t lane = 0; lane < COLUMNS; lane++)
        plane[lane] = first + lane < in.count ? rows[(first + lane) * in.row_bytes + k] : 0;
  return 0;
}

// Measures the distances of `count` rows to 64 columns by their first `bytes` bytes.
INLINE void measure(Vector distances[][PARTS], const uint8_t *const *rows, size_t count, const uint8_t *planes,
                    size_t bytes) {
  for (size_t r = 0; r < count; r++)
    for (size_t p = 0; p < PARTS; p++) distances[r][p] = SPLAT(0);
#pragma GCC unroll 2
  for (size_t k = 0; k < bytes; k++) {
    Vector columns[PARTS];
    for (size_t p = 0; p < PARTS; p++) columns[p] = LOAD(planes + k * COLUMNS + p * LANES);
    for (size_t r = 0; r < count; r++) {
      const Vector byte = SPLAT(rows[r][k]);
      for (size_t p = 0; p < PARTS; p++)
        distances[r][p] = ADD_SATURATED(distances[r][p], POPCOUNT(columns[p] ^ byte));
    }
  }
}

// The least of a row's distances in each lane.
INLINE Vector nearest(const Vector distances[PARTS]) {
  Vector least = distances[0];
  for (size_t p = 1; p < PARTS; p++) least = MIN(least, distances[p]);
  return least;
}

// Which of ROWS rows may be within the radius of one of 64 columns by their first `bytes` bytes, one bit each.
INLINE uint32_t rows_near(const uint8_t *const *rows, const uint8_t *planes, size_t bytes, uint8_t radius) {
  Vector distances[ROWS][PARTS];
  measure(distances, rows, ROWS, planes, bytes);
  Vector least = nearest(distances[0]);
  for (size_t r = 1; r < ROWS; r++) least = MIN(least, nearest(distances[r]));
  if (__builtin_expect(!ANY_AT_MOST(least, radius), 1)) return 0;
  uint32_t near = 0;
  for (size_t r = 0; r < ROWS; r++) near |= (uint32_t)ANY_AT_MOST(nearest(distances[r]), radius) << r;
  return near;
}

// Adds the edges of one row to 64 columns.
// @param columns  one bit for each of them that counts
static void add_near(Edges *edges, const uint8_t *row, uint32_t row_number, const uint8_t *planes,
                     uint32_t first_column, uint64_t columns, size_t row_bytes, uint8_t radius) {
  Vector distances[1][PARTS];
  measure(distances, &row, 1, planes, row_bytes);
  uint64_t near = 0;
  uint8_t distance[COLUMNS];
  for (size_t p = 0; p < PARTS; p++) {
    near |= (uint64_t)AT_MOST(distances[0][p], radius) << p * LANES;
    STORE(distance + p * LANES, distances[0][p]);
  }
  for (near &= columns; near != 0; near &= near - 1) {
    const uint32_t lane = (uint32_t)__builtin_ctzll(near);
    add_edge(edges, row_number, first_column + lane, distance[lane]);
  }
}

// Adds an edge for each pair within the radius.
// @param left         rows; `left_first` is the number of the first, `right_first` that of the first in `planes`
// @param stage_bytes  bytes before the early-out
// @param same         the two blocks are one: only columns after the row
KERNEL(join_rows, left, left_first, left_count, planes, right_first, right_count, row_bytes, stage_bytes, radius, same,
       edges, edge_capacity) {
  Edges edges = {(uint32_t *)(memory + in.edges), in.edge_capacity, 0};
  const size_t row_bytes = in.row_bytes;
  const uint8_t radius = (uint8_t)in.radius;
  // One more byte makes it rarer that one of eight rows is near: 8 % faster at 256 bits.
  const size_t stage_bytes = in.stage_bytes + (ROWS == 8 && in.stage_bytes < row_bytes);
  for (uint32_t first = 0; first < in.left_count; first += ROWS) {
    const uint32_t count = in.left_count - first < ROWS ? in.left_count - first : ROWS;
    const uint8_t *rows[ROWS];
    for (uint32_t r = 0; r < ROWS; r++) rows[r] = memory + in.left + (first + (r < count ? r : 0)) * row_bytes;
    for (uint32_t column = in.same ? (first + 1) & ~(COLUMNS - 1u) : 0; column < in.right_count; column += COLUMNS) {
      const uint8_t *planes = memory + in.planes + column * row_bytes;
      uint32_t near = rows_near(rows, planes, stage_bytes, radius) & ((1u << count) - 1);
      if (near == 0) continue;
      uint64_t columns = ~UINT64_C(0);
      if (in.right_count - column < COLUMNS) columns = (UINT64_C(1) << (in.right_count - column)) - 1;
      for (; near != 0; near &= near - 1) {
        const uint32_t r = (uint32_t)__builtin_ctz(near), row = first + r;
        const uint64_t after_row = in.same && column <= row ? ~UINT64_C(1) << (row - column) : ~UINT64_C(0);
        add_near(&edges, rows[r], in.left_first + row, planes, in.right_first + column, columns & after_row, row_bytes,
                 radius);
      }
    }
  }
  flush_edges(&edges);
  return 0;
}
