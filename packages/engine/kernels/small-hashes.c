// What is of the whole picture, whatever its aspect ratio: the hash, the signature and the colours of docs/hash-format.md.
#include "kernel.h"
#include "select.h"
#include "wide.h"

// Width and height of luma, of its cells and of its blocks; chroma's, and its cells in the two layouts of colours.
enum { SIDE = 128, CELLS = 32, BLOCKS = 16, CELL = SIDE / CELLS, CHROMA_SIDE = 16, LAYOUT = 4, QUARTERS = 2 };
enum { FREQUENCIES = 8, COEFFICIENTS = FREQUENCIES * FREQUENCIES };
// A block is compared with the median of its band of four block rows.
enum { BANDS = 4, BAND_BLOCKS = BLOCKS * BLOCKS / BANDS };
// A block's largest sum.
enum { WHOLE_SUM = SIDE / BLOCKS * (SIDE / BLOCKS) * 256 };

typedef double Doubles __attribute__((vector_size(FREQUENCIES * sizeof(double)), aligned(8)));

// As they are read: no field has another's padding.
typedef struct {
  uint8_t blockhashes[2 * BLOCKS * BLOCKS / 8];
  uint8_t layout[2 * LAYOUT * LAYOUT];
  uint8_t frequencies[COEFFICIENTS / 8], quarters[2 * QUARTERS * QUARTERS];
  uint32_t sum, squares;  // of luma
} SmallHashes;

// The sum of each cell, and the sum of the squares of all pixels.
static uint32_t sum_cells(const uint8_t *luma, int32_t *cells) {
  Ints squares = {0};
  for (size_t y = 0; y < CELLS; y++)
    for (size_t x = 0; x < SIDE; x += SHORTS) {
      Shorts sums = {0};
      for (size_t row = 0; row < CELL; row++) {
        const Shorts pixels = shorts_at(luma + (y * CELL + row) * SIDE + x);
        sums += pixels;
        squares += squares_of(pixels);
      }
      for (size_t lane = 0; lane < SHORTS; lane += CELL)
        *cells++ = sums[lane] + sums[lane + 1] + sums[lane + 2] + sums[lane + 3];
    }
  return (uint32_t)sum_of_ints(squares);
}

// bmvbhash of blockhash-core (Yang, Gu and Niu, "Block Mean Value Based Image Perceptual Hashing", 2006).
static void write_blockhash(const Ints *sums, uint8_t *hash) {
  for (size_t band = 0; band < BANDS; band++) {
    const Ints *blocks = sums + band * BAND_BLOCKS / INTS;
    const int32_t *block = (const int32_t *)blocks;
    // Twice the median.
    const int32_t middle = ranked(blocks, BAND_BLOCKS / INTS, BAND_BLOCKS / 2 - 1) + ranked(blocks, BAND_BLOCKS / INTS, BAND_BLOCKS / 2);
    // Blocks that equal the median are 1 in the light half only, so that a white picture is not all zeros.
    const int32_t least = middle > WHOLE_SUM ? middle : middle + 1;
    for (size_t byte = 0; byte < BAND_BLOCKS / 8; byte++) {
      uint8_t bits = 0;
      for (size_t bit = 0; bit < 8; bit++) bits = (uint8_t)(bits << 1 | (2 * *block++ >= least));
      *hash++ = bits;
    }
  }
}

// The hash, then that of the transposed luma.
static void write_blockhashes(const int32_t *cells, uint8_t *hashes) {
  Ints sums[BLOCKS * BLOCKS / INTS], transposed[BLOCKS * BLOCKS / INTS];
  for (size_t y = 0; y < BLOCKS; y++)
    for (size_t x = 0; x < BLOCKS; x++) {
      const int32_t *cell = cells + 2 * (y * CELLS + x);
      const int32_t sum = cell[0] + cell[1] + cell[CELLS] + cell[CELLS + 1];
      ((int32_t *)sums)[y * BLOCKS + x] = ((int32_t *)transposed)[x * BLOCKS + y] = sum;
    }
  write_blockhash(sums, hashes);
  write_blockhash(transposed, hashes + BLOCKS * BLOCKS / 8);
}

// 64 bits: each of the 8 x 8 lowest frequencies of the DCT-II of the cells, without the constants, against their median (pHash: Zauner,
// "Implementation and Benchmarking of Perceptual Image Hash Functions", 2010, section 3.2.1). Each sum is in the order of the pixels.
// @param cosines  by pixel, then by frequency
static void write_frequencies(const int32_t *cells, const double *cosines, uint8_t *hash) {
  Doubles rows[CELLS];
  double frequencies[COEFFICIENTS], sorted[COEFFICIENTS];
  for (size_t y = 0; y < CELLS; y++) {
    rows[y] = (Doubles){0};
    for (size_t x = 0; x < CELLS; x++) rows[y] += (double)cells[y * CELLS + x] * *(const Doubles *)(cosines + x * FREQUENCIES);
  }
  for (size_t j = 0; j < FREQUENCIES; j++) {
    Doubles sums = {0};
    for (size_t y = 0; y < CELLS; y++) sums += rows[y] * cosines[y * FREQUENCIES + j];
    *(Doubles *)(frequencies + j * FREQUENCIES) = sums;
  }
  for (size_t count = 0; count < COEFFICIENTS; count++) {
    size_t at = count;
    for (; at > 0 && sorted[at - 1] > frequencies[count]; at--) sorted[at] = sorted[at - 1];
    sorted[at] = frequencies[count];
  }
  const double median = (sorted[COEFFICIENTS / 2 - 1] + sorted[COEFFICIENTS / 2]) / 2;
  for (size_t byte = 0; byte < COEFFICIENTS / 8; byte++) {
    uint8_t bits = 0;
    for (size_t bit = 0; bit < 8; bit++) bits = (uint8_t)(bits << 1 | (frequencies[byte * 8 + bit] > median));
    hash[byte] = bits;
  }
}

// The mean of each of cells x cells parts of chroma, rounded half up.
// @param step  between the means that are written
static void write_colours(const uint8_t *chroma, size_t cells, uint8_t *means, size_t step) {
  const size_t side = CHROMA_SIDE / cells;
  for (size_t cell = 0; cell < cells * cells; cell++) {
    const uint8_t *from = chroma + cell / cells * side * CHROMA_SIDE + cell % cells * side;
    uint32_t sum = 0;
    for (size_t y = 0; y < side; y++)
      for (size_t x = 0; x < side; x++) sum += from[y * CHROMA_SIDE + x];
    means[cell * step] = (uint8_t)((2 * sum + side * side) / (2 * side * side));
  }
}

// @param luma     128 x 128 bytes
// @param cb       16 x 16 bytes, as cr
// @param cosines  32 x 8 numbers of 64 bits: cos((2 n + 1) k pi / 64) by n, then by k = 1 … 8
// @param hashes   written: SmallHashes
KERNEL(small_hashes, luma, cb, cr, cosines, hashes) {
  SmallHashes *hashes = (SmallHashes *)(memory + in.hashes);
  const uint8_t *cb = memory + in.cb, *cr = memory + in.cr;
  int32_t cells[CELLS * CELLS];
  hashes->squares = sum_cells(memory + in.luma, cells);
  hashes->sum = 0;
  for (size_t cell = 0; cell < CELLS * CELLS; cell++) hashes->sum += (uint32_t)cells[cell];
  write_blockhashes(cells, hashes->blockhashes);
  write_frequencies(cells, (const double *)(memory + in.cosines), hashes->frequencies);
  write_colours(cb, LAYOUT, hashes->layout, 1);
  write_colours(cr, LAYOUT, hashes->layout + LAYOUT * LAYOUT, 1);
  write_colours(cb, QUARTERS, hashes->quarters, 2);
  write_colours(cr, QUARTERS, hashes->quarters + 1, 2);
  return 0;
}
