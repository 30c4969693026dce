// The grid of a JPEG's blocks, by the steps between a picture's columns and rows: docs/hash-format.md.
#include "kernel.h"

enum { GRIDS = 4, ENLARGED = 3 };
// In pixels of the whole picture: blocks, and blocks of a picture that was enlarged after.
static const uint32_t grids[GRIDS] = {8, 12, 16, 24};
// An enlarged picture has lines of its own at these distances, or at multiples of them.
static const uint32_t enlarged[ENLARGED] = {2, 3, 4};

// A grid's lines in the working picture are at least so many pixels from each other, and there are at least so many of them.
enum { LEAST_PERIOD = 4, LEAST_TEETH = 6 };
// How many times larger than between them the steps are at a grid's lines.
static const double SEEN = 1.5;
// Two grids whose ratios differ by less are one, of which the finer has all lines.
static const double ALIKE = 0.9;

// The steps from each line to the next one, and their sum.
typedef struct {
  const uint32_t *sums;
  double length, all;
} Steps;

static Steps steps_at(const uint8_t *memory, uint32_t sums, uint32_t length) {
  Steps steps = {(const uint32_t *)(memory + sums), length, 0};
  for (uint32_t line = 0; line < length; line++) steps.all += steps.sums[line];
  return steps;
}

// The mean of the steps at a grid's lines by that of all others, at the best phase; 0 where there are too few lines.
static double comb_of(const Steps *steps, double period) {
  if (steps->length < 4) return 0;
  const uint32_t teeth = (uint32_t)((steps->length - 4) / period);
  if (teeth < LEAST_TEETH) return 0;
  double best = 0;
  for (double phase = 1; phase < 1 + period; phase++) {
    uint64_t sum = 0;
    for (uint32_t tooth = 0; tooth < teeth; tooth++) sum += steps->sums[(uint32_t)(phase + tooth * period)];
    const double others = (steps->all - (double)sum) / (steps->length - 3 - teeth);
    const double ratio = others == 0 ? 0 : (double)sum / teeth / others;
    if (ratio > best) best = ratio;
  }
  return best;
}

static double ratio_of(const Steps *columns, const Steps *rows, double period) {
  if (period < 2) return 0;
  const double across = comb_of(columns, period), down = comb_of(rows, period);
  return across < down ? across : down;
}

// @param columns  `width` numbers of 32 bits, and rows: `height`; what measure_steps wrote
// @param source   the longer side of the whole picture
// @returns the grid in pixels of the whole picture, 0 = none is seen
KERNEL(find_grid, columns, rows, width, height, source) {
  const double scale = (double)(in.width > in.height ? in.width : in.height) / in.source;
  const Steps columns = steps_at(memory, in.columns, in.width), rows = steps_at(memory, in.rows, in.height);
  double found[GRIDS], most = 0;
  for (size_t k = 0; k < GRIDS; k++) {
    found[k] = grids[k] * scale < LEAST_PERIOD ? 0 : ratio_of(&columns, &rows, grids[k] * scale);
    if (found[k] > most) most = found[k];
  }
  if (most < SEEN) return 0;
  for (size_t k = 0; k < ENLARGED; k++)
    if (ratio_of(&columns, &rows, enlarged[k] * scale) >= most * ALIKE) return 0;
  // Every second line of a grid is a grid, too.
  for (size_t k = 0; k < GRIDS; k++)
    if (found[k] >= most * ALIKE) return grids[k];
  return 0;
}
