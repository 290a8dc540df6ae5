// Outputs of the quantized formats for a few rows of x, for one tier; with CAMBIUM_PAIRS_OF_OUTPUTS two rows of weights at
// once, which then share the loads of x.

// Adds `columns` columns (at most CAMBIUM_CHUNK) from `column` on of `rows` rows (1 or 2) for m rows of x (at most 4),
// both constants. `ahead`: from codes in use to those to ask for, in bytes.
CAMBIUM_INLINE void quantized_chunk(
    const int format, const int rows, const int m, const cambium_matrix *w, size_t row, size_t column, size_t columns,
    size_t ahead, const float *x, size_t stride, lanes sums[][4]) {
  const size_t group = format_affine(format) ? w->group : format == CAMBIUM_W_NVFP4 ? 16 : 32;
  const size_t width = scale_width(format, w->parameter), groups = w->columns / group;
  const size_t row_bytes = w->columns * format_bits(format) / 8;
  const uint8_t *c = (const uint8_t *)w->codes + row * row_bytes + column * format_bits(format) / 8;
  const uint8_t *s = (const uint8_t *)w->scales + (row * groups + column / group) * width;
  float scales[2][CAMBIUM_CHUNK / 16 + 16] __attribute__((aligned(64)));
  lanes local[2][4];
  CAMBIUM_UNROLL
  for (int o = 0; o < rows; o++) {
    decode_scales(format, w->parameter, s + (size_t)o * groups * width, columns / group, scales[o]);
    CAMBIUM_UNROLL
    for (int r = 0; r < m; r++) local[o][r] = sums[o][r];
  }
  const float *s0 = scales[0], *s1 = scales[1], *v = x + column;
  if (!neighbour_steps(format)) {
    add_groups(format, rows, m, group, c, row_bytes, s0, s1, columns, ahead, v, stride, local);
  } else if (!format_affine(format)) {
    add_neighbours(format, rows, m, group, c, row_bytes, s0, s1, columns, ahead, v, stride, local);
  } else if (group == 32) {
    add_neighbours(format, rows, m, 32, c, row_bytes, s0, s1, columns, ahead, v, stride, local);
  } else if (group == 64) {
    add_neighbours(format, rows, m, 64, c, row_bytes, s0, s1, columns, ahead, v, stride, local);
  } else {
    add_neighbours(format, rows, m, 128, c, row_bytes, s0, s1, columns, ahead, v, stride, local);
  }
  CAMBIUM_UNROLL
  for (int o = 0; o < rows; o++) {
    CAMBIUM_UNROLL
    for (int r = 0; r < m; r++) sums[o][r] = local[o][r];
  }
}

// The bias lanes of one row for m rows of x.
CAMBIUM_INLINE void quantized_biases(
    const int m, const cambium_matrix *w, size_t row, const float *x, size_t stride, lanes *sums) {
  const float *sums_of_x = x + cambium_prepared_columns(w);
  float biases[CAMBIUM_CHUNK / 32 + 16];
  for (size_t column = 0; column < w->columns; column += CAMBIUM_CHUNK) {
    const size_t left = w->columns - column, columns = left < CAMBIUM_CHUNK ? left : CAMBIUM_CHUNK;
    const size_t count = decode_biases(w, row, column, columns, biases);
    add_biases(m, biases, count, sums_of_x + column / w->group, stride, sums);
  }
}

// `count` outputs (at most 8) of a quantized format for m rows of x (a constant of at most 4), `columns_at_once` columns
// (a multiple of every unit, at most CAMBIUM_CHUNK) of all of them before the next.
CAMBIUM_INLINE void quantized_outputs(
    const int format, const int m, const cambium_matrix *w, size_t row, size_t count, size_t columns_at_once,
    const float *x, size_t stride, float *y, size_t y_stride) {
  lanes sums[8][4];
  for (size_t o = 0; o < count; o++) {
    CAMBIUM_UNROLL
    for (int r = 0; r < m; r++) sums[o][r] = 0;
  }
  const size_t row_bytes = w->columns * format_bits(format) / 8;
  const size_t pair = m > 1 && CAMBIUM_PAIRS_OF_OUTPUTS ? 2 : 1;
  // One row of x: the rows of the matrix are read as they follow each other. More: the same place of the next outputs.
  const size_t ahead = m == 1 ? CAMBIUM_AHEAD : 8 * row_bytes;
  for (size_t column = 0; column < w->columns; column += columns_at_once) {
    const size_t left = w->columns - column, columns = left < columns_at_once ? left : columns_at_once;
    for (size_t o = 0; o < count;) {
      if (pair == 2 && o + 2 <= count) {
        quantized_chunk(format, 2, m, w, row + o, column, columns, ahead, x, stride, sums + o);
        o += 2;
      } else {
        quantized_chunk(format, 1, m, w, row + o, column, columns, ahead, x, stride, sums + o);
        o += 1;
      }
    }
  }
  for (size_t o = 0; o < count; o++) {
    lanes biases[4] = {0, 0, 0, 0};
    if (format_affine(format)) quantized_biases(m, w, row + o, x, stride, biases);
    CAMBIUM_UNROLL
    for (int r = 0; r < m; r++) {
      y[(size_t)r * y_stride + o] = lanes_sum(format_affine(format) ? sums[o][r] + biases[r] : sums[o][r]);
    }
  }
}
