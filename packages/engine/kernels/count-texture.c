// What the pixels of a picture look like, in counts: src/evidence/texture.ts makes measures of them.
#include "simd.h"
#include "wide.h"

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
// The background is so many levels above and below its middle; black and white are the levels up to and from these.
enum { NEAR = 4, MOST_BLACK = 2, LEAST_WHITE = 253 };

// As they are read: no field has another's padding.
typedef struct {
  uint32_t inner, edges, axis_edges, smooth;  // pixels that have all neighbours, and which of them are what
  uint32_t strokes, background;
  uint32_t lines[2];                          // rows, then columns, most of which differ from the one before
  uint32_t black, white, background_pixels;   // pixels of a few levels
  uint32_t sum;                               // of luma
  uint64_t squares;                           // of luma
  uint64_t sharpness;                         // squares of the Laplacian
} Counts;

static inline uint32_t difference(int32_t a, int32_t b) { return (uint32_t)(a < b ? b - a : a - b); }

// One bit for each of the first `count` lanes of a vector, or for all of them.
static inline uint64_t first_lanes(size_t count) {
  return ~(uint64_t)0 >> (64 - (count < LANES ? count : LANES));
}

static inline uint32_t bits_of(uint64_t bits) { return (uint32_t)__builtin_popcountll(bits); }

INLINE Vector differences(Vector a, Vector b) {
  return ADD_SATURATED(SUBTRACT_SATURATED(a, b), SUBTRACT_SATURATED(b, a));
}

static void count_levels(const uint8_t *luma, size_t width, size_t height, uint32_t *histogram) {
  // Neighbours are often equal, and a count that was just written is not yet read again: four tables in turn.
  uint32_t others[3][LEVELS] = {0};
  for (size_t y = 0; y < height; y += ROW_STEP) {
    const uint8_t *row = luma + y * width;
    size_t x = 0;
    for (; x + sizeof(uint64_t) <= width; x += sizeof(uint64_t)) {
      uint64_t pixels;
      __builtin_memcpy(&pixels, row + x, sizeof pixels);
      for (size_t half = 0; half < 2; half++, pixels >>= 32) {
        histogram[pixels & 255]++;
        others[0][pixels >> 8 & 255]++;
        others[1][pixels >> 16 & 255]++;
        others[2][pixels >> 24 & 255]++;
      }
    }
    for (; x < width; x++) histogram[row[x]]++;
  }
  for (size_t level = 0; level < LEVELS; level++)
    histogram[level] += others[0][level] + others[1][level] + others[2][level];
}

// The squares of the Laplacian over a row's pixels that have neighbours on all sides.
static uint64_t sharpness_of(const uint8_t *row, size_t width) {
  uint64_t sum = 0;
  Ints sums = {0};
  size_t x = 1;
  for (; x + SHORTS < width; x += SHORTS) {
    const uint8_t *at = row + x;
    sums += squares_of(4 * shorts_at(at) - shorts_at(at - 1) - shorts_at(at + 1) - shorts_at(at - width) - shorts_at(at + width));
  }
  for (; x + 1 < width; x++) {
    const int32_t laplacian = 4 * row[x] - row[x - 1] - row[x + 1] - *(row + x - width) - row[x + width];
    sum += (uint32_t)(laplacian * laplacian);
  }
  return sum + sum_of_ints(sums);
}

static void count_pixels(const uint8_t *luma, size_t width, size_t height, Counts *counts) {
  for (size_t y = ROW_STEP; width > 2 && y + 1 < height; y += ROW_STEP) {
    const uint8_t *row = luma + y * width;
    for (size_t x = 1; x + 1 < width; x += LANES) {
      const uint8_t *at = row + x;
      const uint64_t lanes = first_lanes(width - 1 - x);
      const Vector across = differences(LOAD(at - 1), LOAD(at + 1)), along = differences(LOAD(at - width), LOAD(at + width));
      const Vector larger = MAX(across, along), smaller = MIN(across, along);
      const uint64_t edges = ~(uint64_t)AT_MOST(larger, EDGE - 1) & lanes;
      // AXIS times the smaller one, which is cut at 255, is more than the larger one cut at 254 where it is more than that itself.
      const Vector twice = ADD_SATURATED(smaller, smaller), four = ADD_SATURATED(twice, twice);
      const Vector excess = SUBTRACT_SATURATED(ADD_SATURATED(four, four), MIN(larger, SPLAT(254)));
      counts->edges += bits_of(edges);
      counts->axis_edges += bits_of(edges & AT_MOST(excess, 0));
      counts->smooth += bits_of(AT_MOST(larger, SMOOTH) & lanes);
    }
    counts->sharpness += sharpness_of(row, width);
    counts->inner += (uint32_t)width - 2;
  }
}

// Sums of levels, and the middle of the nine neighbouring levels that most pixels have.
static void sum_levels(const uint32_t *histogram, Counts *counts) {
  for (uint32_t level = 0; level < LEVELS; level++) {
    counts->sum += histogram[level] * level;
    counts->squares += (uint64_t)histogram[level] * (level * level);
    if (level <= MOST_BLACK) counts->black += histogram[level];
    if (level >= LEAST_WHITE) counts->white += histogram[level];
  }
  uint32_t near = 0;
  for (uint32_t level = 0; level < 2 * NEAR; level++) near += histogram[level];
  for (uint32_t level = NEAR; level + NEAR < LEVELS; level++) {
    near += histogram[level + NEAR];
    if (near > counts->background_pixels) {
      counts->background_pixels = near;
      counts->background = level;
    }
    near -= histogram[level - NEAR];
  }
}

enum { WORD = 64, ROW_WORDS = SIDE / WORD + 1 };

// One bit for each pixel of a row: whether it differs from the background. Bits after the last pixel are 1.
static void mark_row(const uint8_t *row, size_t width, uint8_t background, uint64_t *marks) {
  for (size_t word = 0; word < ROW_WORDS; word++) marks[word] = ~(uint64_t)0;
  for (size_t x = 0; x < width; x += LANES) {
    const uint64_t lanes = first_lanes(width - x);
    const uint64_t same = AT_MOST(differences(LOAD(row + x), SPLAT(background)), STROKE - 1) & lanes;
    marks[x / WORD] &= ~(same << x % WORD);
  }
}

// Short runs along rows that differ from the background, with background on both sides.
static uint32_t count_strokes(const uint8_t *luma, size_t width, size_t height, uint8_t background) {
  uint32_t strokes = 0;
  uint64_t marks[ROW_WORDS];
  for (size_t y = 0; y < height; y += ROW_STEP) {
    mark_row(luma + y * width, width, background, marks);
    uint64_t before = (uint64_t)1 << (WORD - 1);
    for (size_t word = 0; word + 1 < ROW_WORDS; word++) {
      const uint64_t here = marks[word], next = marks[word + 1];
      const uint64_t starts = here & ~(here << 1 | before >> (WORD - 1));
      uint64_t too_long = here;
      for (size_t more = 1; more <= STROKE_PIXELS; more++) too_long &= here >> more | next << (WORD - more);
      strokes += bits_of(starts & ~too_long);
      before = here;
    }
  }
  return strokes;
}

// Counts, lane by lane, of up to 255 vectors.
typedef struct {
  Vector same[SIDE / LANES];
  size_t vectors;
} LaneCounts;

static void clear_lanes(LaneCounts *counts) {
  for (size_t index = 0; index < SIDE / LANES; index++) counts->same[index] = SPLAT(0);
  counts->vectors = 0;
}

static void add_lanes(const LaneCounts *counts, size_t width, uint32_t *columns) {
  uint8_t bytes[LANES];
  for (size_t x = 0; x < width; x += LANES) {
    STORE(bytes, counts->same[x / LANES]);
    for (size_t lane = 0; lane < LANES && x + lane < width; lane++) columns[x + lane] += bytes[lane];
  }
}

// Rows and columns of which at least half the pixels differ from those of the line before.
static void count_lines(const uint8_t *luma, size_t width, size_t height, Counts *counts) {
  uint32_t unchanged[SIDE] = {0};
  LaneCounts lanes;
  clear_lanes(&lanes);
  for (size_t y = 0; y < height; y++) {
    const uint8_t *row = luma + y * width;
    uint32_t pixels = 0;
    for (size_t x = 0; x < width; x += LANES) {
      const Vector here = LOAD(row + x), left = LOAD(row + x - 1);
      // 1 where the difference is less than CHANGED.
      const Vector is_same = SUBTRACT_SATURATED(SPLAT(1), SUBTRACT_SATURATED(differences(here, left), SPLAT(CHANGED - 1)));
      lanes.same[x / LANES] = ADD_SATURATED(lanes.same[x / LANES], is_same);
      if (y == 0) continue;
      const Vector from_above = differences(here, LOAD(row + x - width));
      pixels += bits_of(~(uint64_t)AT_MOST(from_above, CHANGED - 1) & first_lanes(width - x));
    }
    counts->lines[0] += y > 0 && 2 * pixels >= width;
    if (++lanes.vectors < UINT8_MAX) continue;
    add_lanes(&lanes, width, unchanged);
    clear_lanes(&lanes);
  }
  add_lanes(&lanes, width, unchanged);
  for (size_t x = 1; x < width; x++) counts->lines[1] += 2 * ((uint32_t)height - unchanged[x]) >= height;
}

// @param luma    width x height bytes, both at most SIDE
// @param counts  written: the fields of Counts, 32 bits each, `squares` and `sharpness` with their low halves first
KERNEL(count_texture, luma, width, height, counts) {
  const uint8_t *luma = memory + in.luma;
  Counts *counts = (Counts *)(memory + in.counts);
  uint32_t histogram[LEVELS] = {0};
  *counts = (Counts){0};
  count_levels(luma, in.width, in.height, histogram);
  sum_levels(histogram, counts);
  count_pixels(luma, in.width, in.height, counts);
  counts->strokes = count_strokes(luma, in.width, in.height, (uint8_t)counts->background);
  count_lines(luma, in.width, in.height, counts);
  return 0;
}
