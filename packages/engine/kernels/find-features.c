// Local features of a picture: corners that are found again in an edited copy, each with 256 bits that describe its surroundings.
//
// Corners are FAST-9 (Rosten and Drummond, "Machine Learning for High-Speed Corner Detection", 2006), with a direction and binary tests as
// in ORB (Rublee et al., "ORB: an efficient alternative to SIFT or SURF", 2011). All of it is integer arithmetic: every machine finds the same bits.
#include "kernel.h"
#include "levels.h"
#include "simd.h"
#include "wide.h"

enum { LEVELS = 12, DETECTED_LEVELS = 6 };
// A level is searched if its longer side is at most this: finer detail is lost in smaller copies, and costs the most time.
enum { FIRST_SIDE = 360 };
// Pixels around a feature that must be inside its level.
enum { MARGIN = 16, PATCH_RADIUS = 15 };
// The least difference of luma between a corner and its circle, less 1.
enum { THRESHOLD = 4 };
enum { GRID = 6, CELLS = GRID * GRID, CELL_CORNERS = 12, MOST_PER_CELL = 6 };
// A weaker corner this near to another, in pixels of its level, and at most two levels away, is the same corner.
enum { SAME_PIXELS = 4, SAME_LEVELS = 2 };
enum { ANGLES = 64, TESTS = 128, ROTATION_BITS = 14 };
// Positions are in 64ths of a pixel of the picture.
enum { POSITION_UNITS = 64 };

typedef struct {
  uint32_t x, y;  // in the picture, in POSITION_UNITS
  uint16_t level_x, level_y;
  uint8_t level, score;
} Corner;

typedef struct {
  Corner corners[CELL_CORNERS];  // the strongest first
  uint32_t count, next;
} Cell;

// As it is written: no field has another's padding.
typedef struct __attribute__((packed)) {
  uint16_t x, y;
  uint8_t level, angle;
  uint8_t descriptor[2 * TESTS / 8];
} Feature;

// Powers of 6 and 5: a pixel of a level has the size of (6 / 5)^level pixels of the picture.
static const uint32_t sixes[LEVELS] = {1, 6, 36, 216, 1296, 7776, 46656, 279936, 1679616, 10077696, 60466176, 362797056};
static const uint32_t fives[LEVELS] = {1, 5, 25, 125, 625, 3125, 15625, 78125, 390625, 1953125, 9765625, 48828125};

static inline uint32_t in_picture(uint32_t level_units, uint32_t level) {
  return (uint32_t)((uint64_t)level_units * sixes[level] / fives[level]);
}

static uint32_t longer_side(const Level *level) { return level->width > level->height ? level->width : level->height; }

// The pixels of a circle of radius 3, clockwise from the top.
static const int8_t circle[16][2] = {{0, -3}, {1, -3}, {2, -2}, {3, -1}, {3, 0},  {3, 1},   {2, 2},   {1, 3},
                                     {0, 3},  {-1, 3}, {-2, 2}, {-3, 1}, {-3, 0}, {-3, -1}, {-2, -2}, {-1, -3}};

// Of each nine neighbouring pixels of the circle the darkest one, and of these the brightest; with MAX and MIN exchanged, the other way round. Two
// times nine that begin at neighbours have eight in common.
#define ARC(MORE, LESS)                                                                       \
  Vector twos[8], fours[8], best;                                                             \
  for (int i = 0; i < 8; i++) twos[i] = LESS(pixels[2 * i + 1], pixels[(2 * i + 2) & 15]);    \
  for (int i = 0; i < 8; i++) fours[i] = LESS(twos[i], twos[(i + 1) & 7]);                    \
  for (int i = 0; i < 8; i++) {                                                               \
    const Vector eight = LESS(fours[i], fours[(i + 2) & 7]);                                  \
    const Vector nine = LESS(eight, MORE(pixels[2 * i], pixels[(2 * i + 9) & 15]));           \
    best = i == 0 ? nine : MORE(best, nine);                                                  \
  }                                                                                           \
  return best
INLINE Vector brightest_arc(const Vector *pixels) { ARC(MAX, MIN); }
INLINE Vector darkest_arc(const Vector *pixels) { ARC(MIN, MAX); }
#undef ARC

// By how much the nine neighbouring pixels on the circle, all brighter or all darker than the middle, differ from it at least, less THRESHOLD; for
// LANES pixels beside each other.
INLINE Vector scores_of(const uint8_t *at, ptrdiff_t width) {
  const Vector middle = LOAD(at);
  Vector pixels[16];
  for (int i = 0; i < 16; i += 4) pixels[i] = LOAD(at + circle[i][1] * width + circle[i][0]);
  // Nine neighbours of sixteen have one of each two opposite pixels.
  const Vector light = MIN(MAX(pixels[0], pixels[8]), MAX(pixels[4], pixels[12]));
  const Vector dark = MAX(MIN(pixels[0], pixels[8]), MIN(pixels[4], pixels[12]));
  const Vector most = MAX(SUBTRACT_SATURATED(light, middle), SUBTRACT_SATURATED(middle, dark));
  if (!ANY(SUBTRACT_SATURATED(most, SPLAT(THRESHOLD)))) return SPLAT(0);
  for (int i = 0; i < 16; i++)
    if (i % 4 != 0) pixels[i] = LOAD(at + circle[i][1] * width + circle[i][0]);
  const Vector brighter = SUBTRACT_SATURATED(brightest_arc(pixels), middle);
  const Vector darker = SUBTRACT_SATURATED(middle, darkest_arc(pixels));
  return SUBTRACT_SATURATED(MAX(brighter, darker), SPLAT(THRESHOLD));
}

// Puts a corner into its cell, if it is among the strongest; of equal ones the first.
static void add_corner(Cell *cell, Corner corner) {
  uint32_t at = cell->count;
  while (at > 0 && cell->corners[at - 1].score < corner.score) at--;
  if (at == CELL_CORNERS) return;
  if (cell->count < CELL_CORNERS) cell->count++;
  for (uint32_t k = cell->count - 1; k > at; k--) cell->corners[k] = cell->corners[k - 1];
  cell->corners[at] = corner;
}

// One bit for each of LANES scores that is larger than its neighbours before it, and not smaller than those after it.
INLINE uint64_t largest_at(const uint8_t *at, size_t width) {
  const uint8_t *up = at - width, *down = at + width;
  const Vector score = LOAD(at);
  const Vector before = MAX(MAX(LOAD(up - 1), LOAD(up)), MAX(LOAD(up + 1), LOAD(at - 1)));
  const Vector after = MAX(MAX(LOAD(down - 1), LOAD(down)), MAX(LOAD(down + 1), LOAD(at + 1)));
  return ~(uint64_t)AT_MOST(SUBTRACT_SATURATED(score, before), 0) & AT_MOST(SUBTRACT_SATURATED(after, score), 0);
}

// Adds the corners of a level whose score is larger than those of their eight neighbours.
// @param scores  scratch: as many bytes as the level has, and LANES more
static void find_corners(const Level *level, uint32_t number, const Level *picture, uint8_t *scores, Cell *cells) {
  const size_t width = level->width, height = level->height;
  for (size_t y = MARGIN - 1; y <= height - MARGIN; y++) {
    uint8_t *row = scores + y * width;
    for (size_t x = MARGIN - 1; x <= width - MARGIN; x += LANES) STORE(row + x, scores_of(level->pixels + y * width + x, (ptrdiff_t)width));
    // Vectors end beyond the last pixel that counts.
    for (size_t x = width - MARGIN; x < width; x++) row[x] = 0;
    row[MARGIN - 1] = 0;
  }
  for (size_t x = 0; x < width; x++) scores[(MARGIN - 1) * width + x] = scores[(height - MARGIN) * width + x] = 0;
  for (size_t y = MARGIN; y < height - MARGIN; y++)
    for (size_t first = MARGIN; first < width - MARGIN; first += LANES) {
      uint64_t largest = largest_at(scores + y * width + first, width);
      if (width - MARGIN - first < LANES) largest &= ((uint64_t)1 << (width - MARGIN - first)) - 1;
      for (; largest != 0; largest &= largest - 1) {
        const size_t x = first + (size_t)__builtin_ctzll(largest);
        const uint32_t picture_x = in_picture((2 * (uint32_t)x + 1) * (POSITION_UNITS / 2), number);
        const uint32_t picture_y = in_picture((2 * (uint32_t)y + 1) * (POSITION_UNITS / 2), number);
        const uint32_t column = picture_x * GRID / (picture->width * POSITION_UNITS);
        const uint32_t line = picture_y * GRID / (picture->height * POSITION_UNITS);
        add_corner(&cells[line * GRID + column], (Corner){picture_x, picture_y, (uint16_t)x, (uint16_t)y, (uint8_t)number,
                                                          scores[y * width + x]});
      }
    }
}

static inline bool is_same(const Corner *corner, const Corner *chosen, int64_t reach) {
  const int32_t levels = corner->level - chosen->level;
  const int64_t x = (int64_t)corner->x - chosen->x, y = (int64_t)corner->y - chosen->y;
  return levels * levels <= SAME_LEVELS * SAME_LEVELS && x * x + y * y < reach * reach;
}

// The cell's next corner that is not the same as a chosen one; NULL: it has none.
static const Corner *next_corner(Cell *cell, const Corner *chosen, uint32_t count) {
  for (; cell->next < cell->count; cell->next++) {
    const Corner *corner = &cell->corners[cell->next];
    const int64_t reach = in_picture(SAME_PIXELS * POSITION_UNITS, corner->level);
    bool same = false;
    for (uint32_t k = 0; k < count && !same; k++) same = is_same(corner, &chosen[k], reach);
    if (!same) return corner;
  }
  return NULL;
}

// Chooses corners spread over the picture: the strongest of each cell, the strongest cells first, then the next of each.
static uint32_t choose_corners(Cell *cells, Corner *chosen, uint32_t most) {
  uint32_t count = 0;
  for (uint32_t pass = 0; pass < MOST_PER_CELL; pass++) {
    bool served[CELLS] = {false};
    for (;;) {
      int32_t best = -1, best_score = 0;
      for (int32_t cell = 0; cell < CELLS; cell++) {
        if (served[cell] || cells[cell].next >= cells[cell].count) continue;
        const int32_t score = cells[cell].corners[cells[cell].next].score;
        if (score > best_score) {
          best = cell;
          best_score = score;
        }
      }
      if (best < 0) break;
      served[best] = true;
      const Corner *corner = next_corner(&cells[best], chosen, count);
      if (corner == NULL) continue;
      if (count == most) return count;
      chosen[count++] = *corner;
      cells[best].next++;
    }
  }
  return count;
}

// What every picture needs for its descriptors, in the form in which vectors use it.
typedef struct {
  Shorts across[PATCH_RADIUS + 1][2], inside[PATCH_RADIUS + 1][2];  // by distance from the patch's middle row: x, and 1, in its circle; 0 elsewhere
  Ints points[2][2 * TESTS / INTS];                                 // x, then y, of the tests' points: all first ones, then all second ones
} Patterns;

static void set_patterns(const int8_t *tests, Patterns *patterns) {
  for (int32_t y = 0; y <= PATCH_RADIUS; y++)
    for (int32_t x = -PATCH_RADIUS; x <= PATCH_RADIUS + 1; x++) {
      const bool is_inside = x * x + y * y <= PATCH_RADIUS * (PATCH_RADIUS + 1) && x <= PATCH_RADIUS;
      const size_t place = (size_t)(x + PATCH_RADIUS);
      patterns->across[y][place / SHORTS][place % SHORTS] = (int16_t)(is_inside ? x : 0);
      patterns->inside[y][place / SHORTS][place % SHORTS] = is_inside;
    }
  for (size_t test = 0; test < TESTS; test++)
    for (size_t point = 0; point < 2; point++)
      for (size_t axis = 0; axis < 2; axis++) {
        const size_t place = point * TESTS + test;
        patterns->points[axis][place / INTS][place % INTS] = tests[4 * test + 2 * point + axis];
      }
}

// The direction of a patch's centre of luma (Rosin, "Measuring Corner Properties", 1999), in 64ths of a turn from the x axis to the y axis.
static uint32_t angle_of(const Level *level, const Corner *corner, const Patterns *patterns, const int32_t *cosines) {
  Ints weighted = {0}, below = {0};
  for (int32_t y = -PATCH_RADIUS; y <= PATCH_RADIUS; y++) {
    const uint8_t *row = level->pixels + (size_t)(corner->level_y + y) * level->width + corner->level_x - PATCH_RADIUS;
    const size_t distance = (size_t)(y < 0 ? -y : y);
    for (size_t half = 0; half < 2; half++) {
      const Shorts pixels = shorts_at(row + half * SHORTS);
      weighted += products_of(pixels, patterns->across[distance][half]);
      below += y * products_of(pixels, patterns->inside[distance][half]);
    }
  }
  const int64_t across = signed_sum(weighted), down = signed_sum(below);
  uint32_t angle = 0;
  int64_t most = INT64_MIN;
  for (uint32_t k = 0; k < ANGLES; k++) {
    const int64_t along = across * cosines[k] + down * cosines[(k - ANGLES / 4) % ANGLES];
    if (along > most) {
      most = along;
      angle = k;
    }
  }
  return angle;
}

// Rotated coordinates, rounded; a half away from 0, so that what is mirrored is rounded alike.
INLINE Ints rounded(Ints value) { return (value + (1 << (ROTATION_BITS - 1)) + (value < 0)) >> ROTATION_BITS; }

INLINE Ints within(Ints value, int32_t least, int32_t most) {
  const Ints raised = value + ((least - value) & (value < least));
  return raised + ((most - raised) & (raised > most));
}

// The sums of BOX x BOX pixels around points of the patch; near the level's border those of the points nearest to them.
INLINE void boxes_at(const Level *level, const uint16_t *boxes, Ints x, Ints y, uint16_t *sums) {
  const int32_t right = (int32_t)level->width - 1 - BOX_RADIUS, bottom = (int32_t)level->height - 1 - BOX_RADIUS;
  const Ints places = within(y, BOX_RADIUS, bottom) * (int32_t)level->width + within(x, BOX_RADIUS, right);
  for (size_t k = 0; k < INTS; k++) sums[k] = boxes[places[k]];
}

// One bit for each test: whether its first sum is less than its second one.
static void write_tests(const uint16_t *sums, uint8_t *bits) {
  for (size_t test = 0; test < TESTS; test += 8) {
    uint8_t byte = 0;
    for (size_t k = 0; k < 8; k++) byte = (uint8_t)(byte << 1 | (sums[test + k] < sums[TESTS + test + k]));
    bits[test / 8] = byte;
  }
}

static void describe(const Level *level, const uint16_t *boxes, const Corner *corner, const Patterns *patterns,
                     const int32_t *cosines, Feature *feature) {
  const uint32_t angle = angle_of(level, corner, patterns, cosines);
  const int32_t cosine = cosines[angle], sine = cosines[(angle - ANGLES / 4) % ANGLES];
  const int32_t x = corner->level_x, y = corner->level_y;
  uint16_t sums[2 * TESTS], mirrored[2 * TESTS];
  for (size_t k = 0; k < 2 * TESTS / INTS; k++) {
    const Ints across = patterns->points[0][k], down = patterns->points[1][k];
    const Ints across_x = across * cosine, across_y = across * sine, down_x = down * sine, down_y = down * cosine;
    boxes_at(level, boxes, x + rounded(across_x - down_x), y + rounded(across_y + down_y), sums + k * INTS);
    boxes_at(level, boxes, x + rounded(across_x + down_x), y + rounded(across_y - down_y), mirrored + k * INTS);
  }
  *feature = (Feature){(uint16_t)corner->x, (uint16_t)corner->y, corner->level, (uint8_t)angle, {0}};
  write_tests(sums, feature->descriptor);
  write_tests(mirrored, feature->descriptor + TESTS / 8);
}

// @param luma      width x height bytes, both at most 512
// @param tests     128 tests, of two points (x, y) each; 8-bit numbers
// @param cosines   64 cosines, times 2^14
// @param scratch   aligned to 8 bytes, 16 bytes for each pixel and 65,536 more
// @param features  written: up to `most` of Feature, the strongest first
// @returns how many there are
KERNEL(find_features, luma, width, height, tests, cosines, scratch, features, most) {
  const int8_t *tests = (const int8_t *)(memory + in.tests);
  const int32_t *cosines = (const int32_t *)(memory + in.cosines);
  Cell *cells = (Cell *)(memory + in.scratch);
  Corner *chosen = (Corner *)(cells + CELLS);
  const size_t pixels = (size_t)in.width * in.height + 64;
  uint16_t *boxes = (uint16_t *)(chosen + 256), *sums = boxes + pixels;
  uint8_t *scores = (uint8_t *)(sums + pixels), *end = scores + pixels;
  Level levels[LEVELS] = {{in.width, in.height, memory + in.luma}};
  for (uint32_t cell = 0; cell < CELLS; cell++) cells[cell].count = cells[cell].next = 0;
  uint32_t searched = 0;
  for (uint32_t number = 0; number < LEVELS && searched < DETECTED_LEVELS; number++) {
    Level *level = &levels[number];
    if (number > 0) {
      const Level *below = level - 1;
      *level = (Level){below->width / 6 * 5, below->height / 6 * 5, end};
      end += (size_t)level->width * level->height + 64;
      shrink(below, level, sums);
    }
    if (level->width <= 2 * MARGIN || level->height <= 2 * MARGIN) break;
    if (longer_side(level) > FIRST_SIDE) continue;
    find_corners(level, number, levels, scores, cells);
    searched++;
  }
  Patterns patterns;
  set_patterns(tests, &patterns);
  const uint32_t count = choose_corners(cells, chosen, in.most < 256 ? in.most : 256);
  Feature *features = (Feature *)(memory + in.features);
  for (uint32_t number = 0; number < LEVELS; number++) {
    bool has_boxes = false;
    for (uint32_t k = 0; k < count; k++) {
      if (chosen[k].level != number) continue;
      if (!has_boxes) sum_boxes(&levels[number], sums, boxes);
      has_boxes = true;
      describe(&levels[number], boxes, &chosen[k], &patterns, cosines, &features[k]);
    }
  }
  return count;
}
