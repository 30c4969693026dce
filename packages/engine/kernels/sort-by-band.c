// Sorts rows by their band value, by counting.
#include "band-value.h"
#include "kernel.h"
#include "side.h"

// @param side    its `rows` are read, everything else is written
// @param mask    one row: the band's bits
// @param values  scratch, 32 bits for each row
KERNEL(sort_by_band, side, count, row_bytes, mask, values, value_count) {
  const Side side = side_at(memory, in.side);
  const size_t row_words = in.row_bytes / sizeof *side.rows, count = in.count;
  uint32_t *offsets = side.offsets, *values = (uint32_t *)(memory + in.values);
  Band band;
  prepare_band(&band, (const uint64_t *)(memory + in.mask), row_words);
  for (size_t value = 0; value <= in.value_count; value++) offsets[value] = 0;
  for (size_t row = 0; row < count; row++) values[row] = band_value(&band, side.rows + row * row_words);
  for (size_t row = 0; row < count; row++) {
    if (row + PREFETCH_ROWS < count) __builtin_prefetch(&offsets[values[row + PREFETCH_ROWS]], 1);
    offsets[values[row]]++;
  }
  // The end of each value's places, counted down to their start while the rows are placed.
  uint32_t end = 0;
  for (size_t block = 0; block < in.value_count / BLOCK_VALUES; block++) {
    uint64_t filled = 0;
    for (size_t low = 0; low < BLOCK_VALUES; low++) {
      uint32_t *offset = &offsets[block * BLOCK_VALUES + low];
      filled |= (uint64_t)(*offset != 0) << low;
      end += *offset;
      *offset = end;
    }
    side.filled[block] = filled;
  }
  offsets[in.value_count] = end;
  uint64_t *second = row_words > 1 ? side.heads + count : NULL;
  for (size_t row = count; row-- > 0;) {
    if (row >= 2 * PREFETCH_ROWS) __builtin_prefetch(&offsets[values[row - 2 * PREFETCH_ROWS]], 1);
    if (row >= PREFETCH_ROWS) {
      const uint32_t soon = offsets[values[row - PREFETCH_ROWS]] - 1;
      __builtin_prefetch(&side.heads[soon], 1);
      __builtin_prefetch(&side.row_of[soon], 1);
      if (second != NULL) __builtin_prefetch(&second[soon], 1);
    }
    const uint32_t place = --offsets[values[row]];
    side.row_of[place] = (uint32_t)row;
    side.heads[place] = head_of(&band, side.rows + row * row_words);
    if (second != NULL) second[place] = side.rows[row * row_words + 1];
  }
  return 0;
}
