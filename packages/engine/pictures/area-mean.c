#include "area-mean.h"

#include <stdlib.h>
#include <string.h>

// On x86-64 the compiler makes two versions of a function, and the loader chooses the one that the processor can run.
#if defined(__x86_64__) && defined(__ELF__) && defined(__GNUC__)
#define VECTORS __attribute__((target_clones("avx2", "default")))
#else
#define VECTORS
#endif

// An old pixel k covers [k * new_length, (k + 1) * new_length) of a line of length * new_length units, a new pixel i
// [i * length, (i + 1) * length).
static Cover cover(uint64_t i, uint64_t length, uint64_t new_length) {
  const uint64_t from = i * length, to = from + length;
  const uint64_t first = from / new_length, last = (to - 1) / new_length;
  const uint64_t first_end = (first + 1) * new_length;
  return (Cover){(uint32_t)first, (uint32_t)last, (uint32_t)((to < first_end ? to : first_end) - from),
                 (uint32_t)(first == last ? 0 : to - last * new_length)};
}

bool area_mean_begin(AreaMean *mean, uint32_t width, uint32_t height, uint32_t channels, uint32_t new_width,
                     uint32_t new_height, uint8_t *to) {
  *mean = (AreaMean){width, height, new_width, new_height, channels, 0, 0, NULL, NULL, to};
  mean->across = malloc(new_width * sizeof *mean->across);
  mean->sums = calloc((size_t)width * channels, sizeof *mean->sums);
  if (mean->across == NULL || mean->sums == NULL) {
    area_mean_end(mean);
    return false;
  }
  for (uint32_t i = 0; i < new_width; i++) mean->across[i] = cover(i, width, new_width);
  return true;
}

void area_mean_end(AreaMean *mean) {
  free(mean->across);
  free(mean->sums);
  mean->across = NULL;
  mean->sums = NULL;
}

VECTORS static void set_sums(uint32_t *restrict sums, const uint8_t *restrict row, size_t count, uint32_t weight) {
  for (size_t x = 0; x < count; x++) sums[x] = row[x] * weight;
}

VECTORS static void add_to_sums(uint32_t *restrict sums, const uint8_t *restrict row, size_t count, uint32_t weight) {
  for (size_t x = 0; x < count; x++) sums[x] += row[x] * weight;
}

// Divides by the area and rounds half up. The quotient is exact: a quarter of a unit keeps whole numbers on their side.
static inline uint8_t rounded(uint64_t sum, double half_area, double per_area) {
  return (uint8_t)(((double)sum + half_area + 0.25) * per_area);
}

static void write_row(AreaMean *mean) {
  const uint32_t channels = mean->channels;
  const double area = (double)mean->width * mean->height, half = area / 2, per_area = 1 / area;
  const uint32_t *sums = mean->sums;
  uint8_t *to = mean->to + (size_t)mean->new_row * mean->new_width * channels;
  for (uint32_t i = 0; i < mean->new_width; i++) {
    const Cover part = mean->across[i];
    for (uint32_t channel = 0; channel < channels; channel++) {
      const uint32_t *at = sums + (size_t)part.first * channels + channel;
      const uint32_t *last = sums + (size_t)part.last * channels + channel;
      uint64_t between = 0;
      uint64_t sum = (uint64_t)part.first_weight * *at + (uint64_t)part.last_weight * *last;
      for (at += channels; at < last; at += channels) between += *at;
      *to++ = rounded(sum + between * mean->new_width, half, per_area);
    }
  }
}

void area_mean_add_row(AreaMean *mean, const uint8_t *row) {
  const size_t count = (size_t)mean->width * mean->channels;
  const uint64_t height = mean->height, units = mean->new_height;
  uint64_t from = mean->row * units;
  const uint64_t end = from + units;
  mean->row++;
  while (from < end) {
    const uint64_t row_from = mean->new_row * height, row_end = row_from + height;
    const uint64_t to = end < row_end ? end : row_end;
    (from == row_from ? set_sums : add_to_sums)(mean->sums, row, count, (uint32_t)(to - from));
    if (to == row_end) {
      write_row(mean);
      mean->new_row++;
    }
    from = to;
  }
}
