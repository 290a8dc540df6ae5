// Error sums, for one tier, left to the compiler to vectorise.

#define ERROR_NAN 0x7FC00000u

// Four lanes at a time, so that their sums stay in registers. d is rounded to f32, whence all products are exact in
// double and a fused multiply-add would yield the same bits.
CAMBIUM_INLINE void error_lanes(const float *x, const float *y, size_t count, error_state *state) {
  for (int q = 0; q < 16; q += 4) {
    double s[4][4];
    for (int k = 0; k < 4; k++) memcpy(s[k], state->lanes[k] + q, sizeof s[k]);
    for (size_t i = (size_t)q; i < count; i += 16) {
      for (int j = 0; j < 4; j++) {
        double a = (double)x[i + (size_t)j], b = (double)y[i + (size_t)j];
        double d = (double)(x[i + (size_t)j] - y[i + (size_t)j]);
        s[0][j] += a * b;
        s[1][j] += a * a;
        s[2][j] += b * b;
        s[3][j] += d * d;
      }
    }
    for (int k = 0; k < 4; k++) memcpy(state->lanes[k] + q, s[k], sizeof s[k]);
  }
}

// Magnitudes order like their bits, with NaN above infinity.
CAMBIUM_INLINE void error_largest(const float *x, const float *y, size_t count, size_t start, error_state *state) {
  uint32_t top = 0, original = 0;
  for (size_t i = 0; i < count; i++) {
    uint32_t d = float_bits(x[i] - y[i]) & 0x7FFFFFFF, a = float_bits(x[i]) & 0x7FFFFFFF;
    top = d > top ? d : top;
    original = a > original ? a : original;
  }
  state->original = original > state->original ? original : state->original;
  if (top > 0x7F800000) top = ERROR_NAN;
  if (top <= state->largest) return;
  state->largest = top;
  for (size_t i = 0; i < count; i++) {
    uint32_t d = float_bits(x[i] - y[i]) & 0x7FFFFFFF;
    if (d >= top || (top == ERROR_NAN && d > 0x7F800000)) {
      state->index = start + i;
      return;
    }
  }
}

CAMBIUM_INLINE void error_group(const float *x, const float *y, size_t n, float low, float high, error_state *state) {
  uint32_t clipped = 0, decoded = 0, original = 0;
  for (size_t i = 0; i < n; i++) {
    clipped += (uint32_t)(x[i] < low) | (uint32_t)(x[i] > high);
    decoded |= float_bits(y[i]) & 0x7FFFFFFF;
    original |= float_bits(x[i]) & 0x7FFFFFFF;
  }
  state->clipped += clipped;
  state->clipped_groups += clipped != 0;
  state->zeroed_groups += decoded == 0 && original != 0;
}
