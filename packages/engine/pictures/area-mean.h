// The area mean of docs/hash-format.md: a picture made smaller (or larger), each new pixel the mean of the area that it covers.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// On x86-64 the compiler makes two versions of a function, and the loader chooses the one that the processor can run.
#if defined(__x86_64__) && defined(__ELF__) && defined(__GNUC__)
#define VECTORS __attribute__((target_clones("avx2", "default")))
#else
#define VECTORS
#endif

// What one new pixel covers of a row or a column, in units that make the weights of whole numbers.
typedef struct {
  uint32_t first, last;              // the first and the last old pixel
  uint32_t first_weight, last_weight;  // of these two; all between have the number of new pixels as their weight
} Cover;

// Takes rows from the top to the bottom and writes each new row as soon as the last row that it covers was taken.
typedef struct {
  uint32_t width, height, new_width, new_height, channels;
  // Units of an old and of a new pixel, the smallest whole numbers.
  uint32_t old_across, new_across, old_down, new_down;
  uint32_t row;       // of the old picture: the next one
  uint32_t new_row;   // of the new picture: the one that is summed up
  Cover *across;      // one for each new column
  size_t stride;      // values of a row, and what fills it up
  uint32_t *sums;     // weighted sums of the old rows, one for each value of a row: of one new row, or of ROWS_AT_ONCE
  uint32_t *columns;  // the same, column by column; NULL where one new row is written after the other
  uint8_t *to;        // new_width * new_height * channels bytes
  struct ShortRows *short_rows;  // see short-rows.h; NULL where the picture does not fit it
} AreaMean;

// Returns false where memory is missing. The sums are exact where height < 2^24 and width * height < 2^42.
bool area_mean_begin(AreaMean *mean, uint32_t width, uint32_t height, uint32_t channels, uint32_t new_width,
                     uint32_t new_height, uint8_t *to);
void area_mean_add_row(AreaMean *mean, const uint8_t *row);
void area_mean_end(AreaMean *mean);
