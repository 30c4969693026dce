// Sorts rows by their band value, by counting.
#include "kernel.h"
#include "rows.h"

// A row's value in a band: the bits that the band's mask picks, the first of them lowest.
#if defined(__BMI2__)
#include <immintrin.h>

typedef struct {
  const uint64_t *mask;
  size_t row_words;
} Band;

static inline void prepare_band(Band *band, const uint64_t *mask, size_t row_words) {
  *band = (Band){mask, row_words};
}

static inline uint32_t band_value(const Band *band, const uint64_t *row) {
  uint64_t value = 0;
  for (size_t k = band->row_words; k-- > 0;)
    value = value << __builtin_popcountll(band->mask[k]) | _pext_u64(row[k], band->mask[k]);
  return (uint32_t)value;
}

// The first word of a row; of a row that has no other, its bits with those of the band last: compared rows agree in
// most of these, so the bits before them decide sooner.
static inline uint64_t head_of(const Band *band, const uint64_t *row) {
  const uint64_t mask = band->mask[0];
  if (band->row_words > 1) return row[0];
  return _pext_u64(row[0], ~mask) | _pext_u64(row[0], mask) << (64 - __builtin_popcountll(mask));
}
#else
// Without an instruction that picks bits: a table for each byte of a row that has bits of the band.
typedef struct {
  size_t count;
  uint8_t bytes[MAX_ROW_BYTES];
  uint32_t tables[MAX_ROW_BYTES][256];  // what each byte adds to the value
} Band;

static inline void prepare_band(Band *band, const uint64_t *mask, size_t row_words) {
  uint32_t width = 0;
  band->count = 0;
  for (size_t at = 0; at < row_words * sizeof *mask; at++) {
    const uint32_t bits = ((const uint8_t *)mask)[at];
    if (bits == 0) continue;
    for (uint32_t byte = 0; byte < 256; byte++) {
      uint32_t value = 0, place = width;
      for (uint32_t rest = bits; rest != 0; rest &= rest - 1) value |= (byte >> __builtin_ctz(rest) & 1) << place++;
      band->tables[band->count][byte] = value;
    }
    width += (uint32_t)__builtin_popcount(bits);
    band->bytes[band->count++] = (uint8_t)at;
  }
}

static inline uint32_t band_value(const Band *band, const uint64_t *row) {
  uint32_t value = 0;
  for (size_t k = 0; k < band->count; k++) value |= band->tables[k][((const uint8_t *)row)[band->bytes[k]]];
  return value;
}

static inline uint64_t head_of(const Band *band, const uint64_t *row) { return row[0]; }
#endif

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
