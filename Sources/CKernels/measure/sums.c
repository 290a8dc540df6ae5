// The sums of a whole call, from what the tier in use keeps by lane.
#include <string.h>

#include "../common/scalar.h"
#include "kernels.h"

static double lane_sum(const double *l) {
  double s[8];
  for (int j = 0; j < 8; j++) s[j] = l[j] + l[j + 8];
  return ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]));
}

static void finish(const error_state *state, cambium_error_sums *sums) {
  sums->dot = lane_sum(state->lanes[0]);
  sums->original_squares = lane_sum(state->lanes[1]);
  sums->decoded_squares = lane_sum(state->lanes[2]);
  sums->difference_squares = lane_sum(state->lanes[3]);
  sums->clipped = state->clipped;
  sums->clipped_groups = state->clipped_groups;
  sums->zeroed_groups = state->zeroed_groups;
  sums->largest_index = state->index;
  sums->largest_difference = bits_float(state->largest);
  sums->largest_original = bits_float(state->original);
}

void cambium_compare(const float *original, const float *decoded, size_t count, cambium_error_sums *sums) {
  const float low = -INFINITY, high = INFINITY;
  error_state state;
  memset(&state, 0, sizeof state);
  // Blocks of 16 for the kernel; zeros fill the last one, which adds nothing to any sum.
  size_t whole = count & ~(size_t)15;
  for (size_t start = 0; start < whole; start += 4096) {
    size_t n = whole - start < 4096 ? whole - start : 4096;
    cambium_measure_in_use()->errors(original + start, decoded + start, 1, n, &low, &high, start, &state);
  }
  if (whole < count) {
    float x[16] = {0}, y[16] = {0};
    memcpy(x, original + whole, (count - whole) * 4);
    memcpy(y, decoded + whole, (count - whole) * 4);
    cambium_measure_in_use()->errors(x, y, 1, 16, &low, &high, whole, &state);
  }
  state.zeroed_groups = 0;
  finish(&state, sums);
}

void cambium_measure(
    const cambium_packed_format *format, size_t groups, const void *input, int input_type, const uint8_t *weight,
    const void *scales, const void *biases, cambium_error_sums *sums) {
  error_state state;
  memset(&state, 0, sizeof state);
  cambium_measure_in_use()->packed(format, groups, input, input_type, weight, scales, biases, &state);
  finish(&state, sums);
}
