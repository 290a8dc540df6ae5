// Entry of the compiler-vectorised error sums.
static void tier_error_block(
    const float *x, const float *y, size_t groups, size_t n, const float *low, const float *high, size_t start,
    error_state *state) {
  error_lanes(x, y, groups * n, state);
  error_largest(x, y, groups * n, start, state);
  for (size_t k = 0; k < groups; k++) error_group(x + k * n, y + k * n, n, low[k], high[k], state);
}
