// Affine biases, for one tier.

// The biases of `groups` groups times the sums of x.
CAMBIUM_INLINE void add_biases(
    const int m, const float *biases, size_t groups, const float *sums_of_x, size_t stride, lanes *sums) {
  for (size_t g = 0; g < groups; g += 16) {
    lanes b = lanes_load(biases + g);
    CAMBIUM_UNROLL
    for (int r = 0; r < m; r++) sums[r] = lanes_fma(b, lanes_load(sums_of_x + (size_t)r * stride + g), sums[r]);
  }
}

// The biases of one row as f32, zero up to a multiple of 16, from the group of `column` on.
CAMBIUM_INLINE size_t decode_biases(const cambium_matrix *w, size_t row, size_t column, size_t columns, float *out) {
  const size_t width = scale_width(w->format, w->parameter), count = columns / w->group;
  const uint8_t *b = (const uint8_t *)w->biases + (row * (w->columns / w->group) + column / w->group) * width;
  decode_scales(CAMBIUM_W_AFFINE8, w->parameter, b, count, out);
  return count;
}
