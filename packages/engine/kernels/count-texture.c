// What the pixels of a picture look like, in counts: src/evidence/texture.ts makes measures of them.
#include "kernel.h"

enum { LEVELS = 256, SIDE = 512 };
// Pixels and strokes are counted in every second row: shares change little, and it takes half the time.
enum { ROW_STEP = 2 };
// By so much a pixel differs from that of the line before.
enum { CHANGED = 12 };
// Least step of luma between a pixel's neighbours at an edge, and the largest where all is smooth.
enum { EDGE = 48, SMOOTH = 2 };
// An edge is along an axis where its step in the other direction is this many times smaller.
enum { AXIS = 8 };
// A stroke of writing: a run of at most so many pixels that differ so much from the background.
enum { STROKE_PIXELS = 8, STROKE = 24 };

typedef struct {
  uint32_t histogram[LEVELS];
  uint32_t inner, edges, axis_edges, smooth;  // pixels that have all neighbours, and which of them are what
  uint32_t strokes, background;
  uint32_t lines[2];        // rows, then columns, most of which differ from the one before
  uint64_t sharpness;       // squares of the Laplacian
} Counts;

static inline uint32_t difference(int32_t a, int32_t b) { return (uint32_t)(a < b ? b - a : a - b); }

static void count_pixels(const uint8_t *luma, size_t width, size_t height, Counts *counts) {
  // Neighbours are often equal, and a count that was just written is not yet read again: two tables in turn.
  uint32_t second[LEVELS] = {0};
  for (size_t y = 0; y < height; y += ROW_STEP) {
    const uint8_t *row = luma + y * width;
    size_t x = 0;
    for (; x + 1 < width; x += 2) {
      counts->histogram[row[x]]++;
      second[row[x + 1]]++;
    }
    if (x < width) counts->histogram[row[x]]++;
  }
  for (size_t level = 0; level < LEVELS; level++) counts->histogram[level] += second[level];
  for (size_t y = ROW_STEP; y + 1 < height; y += ROW_STEP) {
    uint32_t edges = 0, axis_edges = 0, smooth = 0;
    uint64_t sharpness = 0;
    for (size_t x = 1; x + 1 < width; x++) {
      const uint8_t *at = luma + y * width + x;
      const int32_t left = at[-1], right = at[1], up = *(at - width), down = at[width];
      const uint32_t across = difference(left, right), along = difference(up, down);
      const uint32_t larger = across > along ? across : along, smaller = across + along - larger;
      const int32_t laplacian = 4 * at[0] - left - right - up - down;
      edges += larger >= EDGE;
      axis_edges += larger >= EDGE && smaller * AXIS <= larger;
      smooth += larger <= SMOOTH;
      sharpness += (uint32_t)(laplacian * laplacian);
    }
    counts->edges += edges;
    counts->axis_edges += axis_edges;
    counts->smooth += smooth;
    counts->sharpness += sharpness;
    if (width > 2) counts->inner += (uint32_t)width - 2;
  }
}

// The middle of the nine neighbouring levels that most pixels have.
static uint32_t background_of(const uint32_t *histogram) {
  uint32_t best = 0, most = 0;
  for (uint32_t level = 4; level + 4 < LEVELS; level++) {
    uint32_t sum = 0;
    for (uint32_t near = level - 4; near <= level + 4; near++) sum += histogram[near];
    if (sum > most) {
      most = sum;
      best = level;
    }
  }
  return best;
}

// Short runs along rows that differ from the background, with background on both sides.
static uint32_t count_strokes(const uint8_t *luma, size_t width, size_t height, int32_t background) {
  uint32_t strokes = 0;
  for (size_t y = 0; y < height; y += ROW_STEP) {
    size_t run = STROKE_PIXELS + 1;
    for (size_t x = 0; x < width; x++) {
      if (difference(luma[y * width + x], background) >= STROKE) run++;
      else {
        strokes += run > 0 && run <= STROKE_PIXELS;
        run = 0;
      }
    }
  }
  return strokes;
}

// Rows and columns of which at least half the pixels differ from those of the line before.
static void count_lines(const uint8_t *luma, size_t width, size_t height, Counts *counts) {
  uint16_t changed[SIDE] = {0};
  for (size_t y = 0; y < height; y++) {
    const uint8_t *row = luma + y * width;
    for (size_t x = 1; x < width; x++) changed[x] += difference(row[x], row[x - 1]) >= CHANGED;
    if (y == 0) continue;
    size_t pixels = 0;
    for (size_t x = 0; x < width; x++) pixels += difference(row[x], *(row + x - width)) >= CHANGED;
    counts->lines[0] += 2 * pixels >= width;
  }
  for (size_t x = 1; x < width; x++) counts->lines[1] += (size_t)2 * changed[x] >= height;
}

// @param luma    width x height bytes, both at most SIDE
// @param counts  written: the fields of Counts, 32 bits each, `sharpness` with its low half first
KERNEL(count_texture, luma, width, height, counts) {
  const uint8_t *luma = memory + in.luma;
  Counts *counts = (Counts *)(memory + in.counts);
  *counts = (Counts){0};
  count_pixels(luma, in.width, in.height, counts);
  counts->background = background_of(counts->histogram);
  counts->strokes = count_strokes(luma, in.width, in.height, (int32_t)counts->background);
  count_lines(luma, in.width, in.height, counts);
  return 0;
}
