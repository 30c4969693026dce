// Finds a number by its rank.
#pragma once
#include "wide.h"

// The number that `rank` of the numbers are smaller than, or that is equal to one with fewer: the rank-th of the sorted ones, counted from 0. It is found bit
// by bit from the highest one.
INLINE int32_t ranked(const Ints *numbers, size_t vectors, uint32_t rank) {
  uint32_t found = 0;
  for (uint32_t bit = (uint32_t)1 << 31; bit != 0; bit >>= 1) {
    // What is below 2^31 as a number without a sign is negative as one with a sign.
    const int32_t most = (int32_t)((found | bit) ^ (uint32_t)1 << 31);
    Ints below = {0};
    for (size_t k = 0; k < vectors; k++) below -= numbers[k] < most;
    if (sum_of_ints(below) <= rank) found |= bit;
  }
  return (int32_t)(found ^ (uint32_t)1 << 31);
}
