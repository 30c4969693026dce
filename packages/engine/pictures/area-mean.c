#include "area-mean.h"

#include <stdlib.h>
#include <string.h>

#include "short-rows.h"

// New rows of grey pictures are written so many together, each vector having one value of each row.
enum { ROWS_AT_ONCE = 8 };
typedef int32_t Values __attribute__((vector_size(ROWS_AT_ONCE * sizeof(int32_t))));
typedef double Doubles __attribute__((vector_size(ROWS_AT_ONCE * sizeof(double))));
// A sum over an area of so many units fits into a signed number.
enum { MOST_AREA_AT_ONCE = INT32_MAX / 255 };

static uint32_t largest_divisor(uint32_t a, uint32_t b) { return b == 0 ? a : largest_divisor(b, a % b); }

// An old pixel k covers [k * new_units, (k + 1) * new_units) of a line, a new pixel i [i * old_units, (i + 1) * old_units).
static Cover cover(uint64_t i, uint64_t old_units, uint64_t new_units) {
  const uint64_t from = i * old_units, to = from + old_units;
  const uint64_t first = from / new_units, last = (to - 1) / new_units;
  const uint64_t first_end = (first + 1) * new_units;
  return (Cover){(uint32_t)first, (uint32_t)last, (uint32_t)((to < first_end ? to : first_end) - from),
                 (uint32_t)(first == last ? 0 : to - last * new_units)};
}

static size_t rows_at_once(const AreaMean *mean) { return mean->columns == NULL ? 1 : ROWS_AT_ONCE; }

bool area_mean_begin(AreaMean *mean, uint32_t width, uint32_t height, uint32_t channels, uint32_t new_width,
                     uint32_t new_height, uint8_t *to) {
  const uint32_t across = largest_divisor(width, new_width), down = largest_divisor(height, new_height);
  const bool is_vector = channels == 1 && (uint64_t)(width / across) * (height / down) < MOST_AREA_AT_ONCE;
  const size_t values = (size_t)width * channels;
  const size_t stride = (values + ROWS_AT_ONCE - 1) / ROWS_AT_ONCE * ROWS_AT_ONCE;
  const size_t bytes = stride * ROWS_AT_ONCE * sizeof(uint32_t);
  *mean = (AreaMean){.width = width, .height = height, .new_width = new_width, .new_height = new_height,
                     .channels = channels, .stride = stride, .to = to,
                     .old_across = width / across, .new_across = new_width / across,
                     .old_down = height / down, .new_down = new_height / down};
  if (mean->old_across == mean->new_across && mean->old_down == mean->new_down) return true;
  mean->across = malloc(new_width * sizeof *mean->across);
  if (mean->across == NULL) return false;
  for (uint32_t i = 0; i < new_width; i++) mean->across[i] = cover(i, mean->old_across, mean->new_across);
  mean->short_rows = short_rows_begin(mean);
  if (mean->short_rows != NULL) return true;
  mean->sums = aligned_alloc(sizeof(Values), is_vector ? bytes : stride * sizeof(uint32_t));
  mean->columns = is_vector ? aligned_alloc(sizeof(Values), bytes) : NULL;
  if (mean->sums == NULL || (is_vector && mean->columns == NULL)) {
    area_mean_end(mean);
    return false;
  }
  for (size_t row = 0; row < rows_at_once(mean); row++)
    memset(mean->sums + row * stride + values, 0, (stride - values) * sizeof(uint32_t));
  return true;
}

void area_mean_end(AreaMean *mean) {
  free(mean->across);
  free(mean->sums);
  free(mean->columns);
  short_rows_end(mean->short_rows);
  mean->across = NULL;
  mean->short_rows = NULL;
  mean->sums = mean->columns = NULL;
}

VECTORS static void set_sums(uint32_t *restrict sums, const uint8_t *restrict row, size_t count, uint32_t weight) {
  for (size_t x = 0; x < count; x++) sums[x] = row[x] * weight;
}

VECTORS static void add_to_sums(uint32_t *restrict sums, const uint8_t *restrict row, size_t count, uint32_t weight) {
  for (size_t x = 0; x < count; x++) sums[x] += row[x] * weight;
}

// A quarter of a unit keeps whole quotients on their side when sums are divided by the area in floating point.
static double half_of(double area) { return area / 2 + 0.25; }

// Writes one new row.
static void write_row(const AreaMean *mean) {
  const uint32_t channels = mean->channels;
  const double area = (double)mean->old_across * mean->old_down, half = half_of(area), per_area = 1 / area;
  uint8_t *to = mean->to + (size_t)mean->new_row * mean->new_width * channels;
  for (uint32_t i = 0; i < mean->new_width; i++) {
    const Cover part = mean->across[i];
    for (uint32_t channel = 0; channel < channels; channel++) {
      const uint32_t *at = mean->sums + (size_t)part.first * channels + channel;
      const uint32_t *last = mean->sums + (size_t)part.last * channels + channel;
      uint64_t between = 0;
      uint64_t sum = (uint64_t)part.first_weight * *at + (uint64_t)part.last_weight * *last;
      for (at += channels; at < last; at += channels) between += *at;
      *to++ = (uint8_t)(((double)(sum + between * mean->new_across) + half) * per_area);
    }
  }
}

// Writes the values of a row of vectors as a column of vectors.
VECTORS static void transpose(const uint32_t *restrict rows, size_t stride, uint32_t *restrict columns) {
  for (size_t x = 0; x < stride; x += ROWS_AT_ONCE)
    for (size_t row = 0; row < ROWS_AT_ONCE; row++)
      for (size_t column = 0; column < ROWS_AT_ONCE; column++)
        columns[(x + column) * ROWS_AT_ONCE + row] = rows[row * stride + x + column];
}

// New columns that are written together: so many bytes of a row.
enum { COLUMNS_AT_ONCE = sizeof(int32_t) };

// Writes the last `rows` new rows together.
VECTORS static void write_rows(const AreaMean *mean, uint32_t rows) {
  const double area = (double)mean->old_across * mean->old_down, half = half_of(area), per_area = 1 / area;
  const Values *columns = (const Values *)mean->columns;
  const size_t width = mean->new_width;
  uint8_t *to = mean->to + (size_t)(mean->new_row + 1 - rows) * width;
  for (size_t i = 0; i < width; i += COLUMNS_AT_ONCE) {
    const size_t count = width - i < COLUMNS_AT_ONCE ? width - i : COLUMNS_AT_ONCE;
    Values packed = {0};
    for (size_t column = 0; column < count; column++) {
      const Cover part = mean->across[i + column];
      Values sums = columns[part.first] * (int32_t)part.first_weight + columns[part.last] * (int32_t)part.last_weight;
      for (size_t old = part.first + 1; old < part.last; old++) sums += columns[old] * (int32_t)mean->new_across;
      const Doubles means = (__builtin_convertvector(sums, Doubles) + half) * per_area;
      packed |= __builtin_convertvector(means, Values) << (int32_t)(8 * column);
    }
    // Every platform of Node has the lowest byte first.
    for (uint32_t row = 0; row < rows; row++) {
      const int32_t bytes = packed[row];
      if (count == COLUMNS_AT_ONCE) memcpy(to + row * width + i, &bytes, COLUMNS_AT_ONCE);
      else memcpy(to + row * width + i, &bytes, count);
    }
  }
}

static void end_row(AreaMean *mean) {
  if (mean->short_rows != NULL) short_rows_write(mean->short_rows, mean->to + (size_t)mean->new_row * mean->new_width);
  else if (mean->columns == NULL) write_row(mean);
  else {
    const uint32_t rows = mean->new_row % ROWS_AT_ONCE + 1;
    if (rows == ROWS_AT_ONCE || mean->new_row + 1 == mean->new_height) {
      transpose(mean->sums, mean->stride, mean->columns);
      write_rows(mean, rows);
    }
  }
  mean->new_row++;
}

void area_mean_add_row(AreaMean *mean, const uint8_t *row) {
  const size_t count = (size_t)mean->width * mean->channels;
  // A picture of the same size is copied.
  if (mean->across == NULL) {
    memcpy(mean->to + mean->row++ * count, row, count);
    return;
  }
  const uint64_t height = mean->old_down, units = mean->new_down;
  uint64_t from = mean->row * units;
  const uint64_t end = from + units;
  mean->row++;
  while (from < end) {
    const uint64_t row_from = mean->new_row * height, row_end = row_from + height;
    const uint64_t to = end < row_end ? end : row_end;
    const bool is_first = from == row_from;
    const uint32_t weight = (uint32_t)(to - from);
    if (mean->short_rows != NULL) short_rows_add(mean->short_rows, row, weight, is_first);
    else {
      uint32_t *sums = mean->sums + mean->new_row % rows_at_once(mean) * mean->stride;
      (is_first ? set_sums : add_to_sums)(sums, row, count, weight);
    }
    if (to == row_end) end_row(mean);
    from = to;
  }
}
