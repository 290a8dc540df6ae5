// What the error sums keep between blocks. One layout for all tiers.
#ifndef CAMBIUM_ERROR_STATE_H
#define CAMBIUM_ERROR_STATE_H

#include <stddef.h>
#include <stdint.h>

typedef struct {
  // x * y, x * x, y * y, d * d by lane.
  double lanes[4][16];
  uint64_t clipped, clipped_groups, zeroed_groups, index;
  // Bits of the largest |d| and |x|.
  uint32_t largest, original;
} error_state;

#endif
