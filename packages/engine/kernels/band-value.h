// A row's value in a band: the bits that the band's mask picks, the first of them lowest.
#pragma once
#include <stdint.h>

#include "rows.h"

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
