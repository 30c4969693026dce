// The left side's places from `first` to `end` against the right side's from `from` to `to`, by their first two words.
#pragma once
#include "join-band.h"

#define INLINE static inline __attribute__((always_inline))

// The first of the places from `at` to `end` whose words are within the radius of these; `end` if none is. The second
// words are `second_words` words after the first ones; 0: there are none.
INLINE const uint64_t *next_near(const uint64_t *at, const uint64_t *end, uint64_t head, uint64_t second,
                                 size_t second_words, uint64_t radius) {
  for (; at < end; at++) {
    uint64_t distance = (uint64_t)__builtin_popcountll(head ^ at[0]);
    if (second_words > 0) distance += (uint64_t)__builtin_popcountll(second ^ at[second_words]);
    if (distance <= radius) break;
  }
  return at;
}

// Where both are the same places (`itself`), each is compared with those after it.
INLINE void compare_places_by(BandJoin *join, size_t first, size_t end, size_t from, size_t to, bool itself,
                              bool wide) {
  const uint64_t *right = join->right.heads, *right_end = right + to, radius = join->radius;
  const size_t second_words = wide ? join->right_second - right : 0;
  for (size_t place = first; place < end; place++) {
    const uint64_t head = join->left.heads[place], second = wide ? join->left_second[place] : 0;
    const uint64_t *other = right + (itself ? place + 1 : from);
    while ((other = next_near(other, right_end, head, second, second_words, radius)) < right_end)
      add_pair(join, place, (size_t)(other++ - right));
  }
}

static void compare_places(BandJoin *join, size_t first, size_t end, size_t from, size_t to, bool itself) {
  if (join->row_words > 1) compare_places_by(join, first, end, from, to, itself, true);
  else compare_places_by(join, first, end, from, to, itself, false);
}
