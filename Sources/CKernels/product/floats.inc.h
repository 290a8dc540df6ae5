// Outputs of the float formats for a few rows of x, for one tier.

// `rows` (a constant) outputs of a float format for m rows of x: several rows at once, since each is one chain of sums.
CAMBIUM_INLINE void float_rows(
    const int format, const int rows, const int m, const cambium_matrix *w, size_t row, const float *x, size_t stride,
    float *y, size_t y_stride) {
  const size_t width = format_bits(format) / 8, row_bytes = w->columns * width, whole = w->columns / 16 * 16;
  const uint8_t *c = (const uint8_t *)w->codes + row * row_bytes;
  lanes sums[4][4] = {{0, 0, 0, 0}, {0, 0, 0, 0}, {0, 0, 0, 0}, {0, 0, 0, 0}};
  for (size_t column = 0; column < whole; column += 16) {
    CAMBIUM_UNROLL
    for (int o = 0; o < rows; o++) {
      const uint8_t *p = c + (size_t)o * row_bytes + column * width;
      if (column % (64 / width) == 0) __builtin_prefetch(p + (size_t)rows * row_bytes);
      lanes v = step_weights(format, p, 0);
      CAMBIUM_UNROLL
      for (int r = 0; r < m; r++) {
        sums[o][r] = lanes_fma(v, lanes_load(x + (size_t)r * stride + column), sums[o][r]);
      }
    }
  }
  if (whole < w->columns) {
    for (int o = 0; o < rows; o++) {
      uint8_t part[64] = {0};
      memcpy(part, c + (size_t)o * row_bytes + whole * width, (w->columns - whole) * width);
      lanes v = step_weights(format, part, 0);
      for (int r = 0; r < m; r++) {
        sums[o][r] = lanes_fma(v, lanes_load(x + (size_t)r * stride + whole), sums[o][r]);
      }
    }
  }
  CAMBIUM_UNROLL
  for (int o = 0; o < rows; o++) {
    CAMBIUM_UNROLL
    for (int r = 0; r < m; r++) y[(size_t)r * y_stride + (size_t)o] = lanes_sum(sums[o][r]);
  }
}
