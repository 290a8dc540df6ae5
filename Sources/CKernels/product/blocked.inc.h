// Matrix times many rows, for one tier: a few rows of weights are decoded to f32 once and multiplied with all rows of
// x, in tiles. Every sum takes the same steps in the same order as in few.inc.h.
//
// CAMBIUM_TILE_O outputs by CAMBIUM_TILE_R rows of x are what the registers of the tier hold.
#define CAMBIUM_TILE_R 2

// Decoded weights of CAMBIUM_TILE_O outputs: step by step in the order of the prepared x, and the scale of each lane by
// unit (the first element only for the formats with one scale a unit; unused for the float formats).
typedef struct {
  float weights[CAMBIUM_TILE_O][CAMBIUM_BLOCK] __attribute__((aligned(64)));
  float scales[CAMBIUM_TILE_O][CAMBIUM_BLOCK / 8] __attribute__((aligned(64)));
} decoded_block;

// `columns` columns of one row from `column` on.
CAMBIUM_INLINE void decode_block(
    const int format, const cambium_matrix *w, size_t row, size_t column, size_t columns, float *weights,
    float *scales) {
  const size_t bits = format_bits(format);
  const uint8_t *c = (const uint8_t *)w->codes + row * (w->columns * bits / 8) + column * bits / 8;
  if (neighbour_steps(format)) {
    const size_t steps = neighbour_steps(format), unit = 16 * steps;
    for (size_t i = 0; i < columns; i += unit, c += 64) {
      const unit_codes codes =
          columns - i >= unit ? unit_load(format, c) : unit_load_part(format, c, (columns - i) * bits / 8);
      CAMBIUM_UNROLL
      for (size_t k = 0; k < steps; k++) lanes_store(weights + i + 16 * k, unit_step(format, &codes, (int)k));
    }
  } else {
    size_t i = 0;
    for (; i + 16 <= columns; i += 16, c += 2 * bits) lanes_store(weights + i, step_weights(format, c, 0));
    if (i < columns) {
      uint8_t part[64] = {0};
      memcpy(part, c, (columns - i) * bits / 8);
      lanes_store(weights + i, step_weights(format, part, 0));
    }
  }
  if (format <= CAMBIUM_W_BF16) return;
  const size_t group = w->group, count = columns / group, width = scale_width(format, w->parameter);
  float plain[CAMBIUM_BLOCK / 16 + 16];
  const uint8_t *s = (const uint8_t *)w->scales + (row * (w->columns / group) + column / group) * width;
  decode_scales(format, w->parameter, s, count, plain);
  if (neighbour_steps(format)) {
    const size_t unit = 16 * neighbour_steps(format);
    for (size_t i = 0; i < columns; i += unit) {
      lanes_store(scales + i / unit * 16, neighbour_scales(format, group, plain + i / group));
    }
  } else {
    memcpy(scales, plain, count * 4);
  }
}

// One tile: sums[o][r] takes `units` units of `steps` steps. kind: 0 float formats (no scale), 1 a scale for each lane,
// 2 one scale for all.
CAMBIUM_INLINE void tile(
    const int kind, const int m, const decoded_block *d, size_t units, size_t steps, const float *x, size_t stride,
    lanes sums[CAMBIUM_TILE_O][CAMBIUM_TILE_R]) {
  size_t at = 0;
  for (size_t u = 0; u < units; u++) {
    lanes t[CAMBIUM_TILE_O][CAMBIUM_TILE_R];
    CAMBIUM_UNROLL
    for (int o = 0; o < CAMBIUM_TILE_O; o++) {
      CAMBIUM_UNROLL
      for (int r = 0; r < m; r++) t[o][r] = kind == 0 ? sums[o][r] : lanes_all(0);
    }
    for (size_t k = 0; k < steps; k++, at += 16) {
      lanes v[CAMBIUM_TILE_R];
      CAMBIUM_UNROLL
      for (int r = 0; r < m; r++) v[r] = lanes_load(x + (size_t)r * stride + at);
      CAMBIUM_UNROLL
      for (int o = 0; o < CAMBIUM_TILE_O; o++) {
        const lanes weight = lanes_load(&d->weights[o][at]);
        CAMBIUM_UNROLL
        for (int r = 0; r < m; r++) t[o][r] = lanes_fma(weight, v[r], t[o][r]);
      }
    }
    CAMBIUM_UNROLL
    for (int o = 0; o < CAMBIUM_TILE_O; o++) {
      const lanes scale = kind == 1 ? lanes_load(&d->scales[o][16 * u]) : lanes_all(d->scales[o][kind == 0 ? 0 : u]);
      CAMBIUM_UNROLL
      for (int r = 0; r < m; r++) sums[o][r] = kind == 0 ? t[o][r] : lanes_fma(t[o][r], scale, sums[o][r]);
    }
  }
}

#define CAMBIUM_TILE(kind, m)                                                                                       \
  static __attribute__((noinline)) void tile_##kind##_##m(                                                          \
      const decoded_block *d, size_t units, size_t steps, const float *x, size_t stride, lanes *sums) {             \
    tile(kind, m, d, units, steps, x, stride, (lanes(*)[CAMBIUM_TILE_R])sums);                                      \
  }
CAMBIUM_TILE(0, 1)
CAMBIUM_TILE(1, 1)
CAMBIUM_TILE(2, 1)
CAMBIUM_TILE(0, 2)
CAMBIUM_TILE(1, 2)
CAMBIUM_TILE(2, 2)

typedef void (*tile_function)(const decoded_block *, size_t, size_t, const float *, size_t, lanes *);

static const tile_function tile_functions[3][CAMBIUM_TILE_R] = {
    {tile_0_1, tile_0_2},
    {tile_1_1, tile_1_2},
    {tile_2_1, tile_2_2},
};

// CAMBIUM_TILE_O outputs from `row` on for m <= CAMBIUM_BLOCK_ROWS rows of x.
CAMBIUM_INLINE void many_rows_tile(
    const int format, const cambium_matrix *w, size_t row, const float *x, size_t stride, size_t m, float *y,
    size_t y_stride) {
  lanes sums[CAMBIUM_BLOCK_ROWS / CAMBIUM_TILE_R][CAMBIUM_TILE_O * CAMBIUM_TILE_R];
  lanes bias_sums[CAMBIUM_TILE_O][CAMBIUM_BLOCK_ROWS];
  decoded_block d;
  const int kind = format <= CAMBIUM_W_BF16 ? 0 : neighbour_steps(format) ? 1 : 2;
  const size_t unit = kind == 0 ? 16 : cambium_unit(w), sums_of_x = cambium_prepared_columns(w);
  memset(sums, 0, sizeof sums);
  memset(bias_sums, 0, sizeof bias_sums);
  for (size_t column = 0; column < w->columns; column += CAMBIUM_BLOCK) {
    const size_t left = w->columns - column, columns = left < CAMBIUM_BLOCK ? left : CAMBIUM_BLOCK;
    for (size_t o = 0; o < CAMBIUM_TILE_O; o++) {
      decode_block(format, w, row + o, column, columns, d.weights[o], d.scales[o]);
    }
    for (size_t r = 0; r < m; r += CAMBIUM_TILE_R) {
      const size_t rows = m - r < CAMBIUM_TILE_R ? m - r : CAMBIUM_TILE_R, units = (columns + unit - 1) / unit;
      tile_functions[kind][rows - 1](
          &d, kind == 0 ? 1 : units, kind == 0 ? units : unit / 16, x + r * stride + column, stride,
          sums[r / CAMBIUM_TILE_R]);
    }
  }
  if (format_affine(format)) {
    for (size_t o = 0; o < CAMBIUM_TILE_O; o++) {
      float biases[CAMBIUM_CHUNK / 32 + 16];
      for (size_t column = 0; column < w->columns; column += CAMBIUM_CHUNK) {
        const size_t left = w->columns - column, columns = left < CAMBIUM_CHUNK ? left : CAMBIUM_CHUNK;
        const size_t count = decode_biases(w, row + o, column, columns, biases);
        for (size_t r = 0; r < m; r++) {
          add_biases(1, biases, count, x + r * stride + sums_of_x + column / w->group, stride, &bias_sums[o][r]);
        }
      }
    }
  }
  for (size_t r = 0; r < m; r++) {
    for (size_t o = 0; o < CAMBIUM_TILE_O; o++) {
      lanes sum = sums[r / CAMBIUM_TILE_R][o * CAMBIUM_TILE_R + r % CAMBIUM_TILE_R];
      if (format_affine(format)) sum += bias_sums[o][r];
      y[r * y_stride + o] = lanes_sum(sum);
    }
  }
}

#define CAMBIUM_MANY_ROWS(name, format)                                                                        \
  static __attribute__((noinline)) void many_rows_##name(                                                      \
      const cambium_matrix *w, size_t row, const float *x, size_t stride, size_t m, float *y, size_t y_stride) { \
    many_rows_tile(format, w, row, x, stride, m, y, y_stride);                                                 \
  }
CAMBIUM_MANY_ROWS(f32, CAMBIUM_W_F32)
CAMBIUM_MANY_ROWS(f16, CAMBIUM_W_F16)
CAMBIUM_MANY_ROWS(bf16, CAMBIUM_W_BF16)
CAMBIUM_MANY_ROWS(mxfp4, CAMBIUM_W_MXFP4)
CAMBIUM_MANY_ROWS(mxfp8, CAMBIUM_W_MXFP8)
CAMBIUM_MANY_ROWS(nvfp4, CAMBIUM_W_NVFP4)
CAMBIUM_MANY_ROWS(affine2, CAMBIUM_W_AFFINE2)
CAMBIUM_MANY_ROWS(affine3, CAMBIUM_W_AFFINE3)
CAMBIUM_MANY_ROWS(affine4, CAMBIUM_W_AFFINE4)
CAMBIUM_MANY_ROWS(affine5, CAMBIUM_W_AFFINE5)
CAMBIUM_MANY_ROWS(affine6, CAMBIUM_W_AFFINE6)
CAMBIUM_MANY_ROWS(affine8, CAMBIUM_W_AFFINE8)

static void tier_product(
    const cambium_matrix *w, size_t first, size_t last, const float *x, size_t m, float *y, size_t y_stride) {
  static void (*const by_format[])(
      const cambium_matrix *, size_t, const float *, size_t, size_t, float *, size_t) = {
      many_rows_f32,     many_rows_f16,     many_rows_bf16,    many_rows_mxfp4,   many_rows_mxfp8,   many_rows_nvfp4,
      many_rows_affine2, many_rows_affine3, many_rows_affine4, many_rows_affine5, many_rows_affine6, many_rows_affine8};
  const size_t stride = cambium_prepared_stride(w);
  size_t r = 0;
  while (m - r >= CAMBIUM_MANY) {
    const size_t rows = m - r < CAMBIUM_BLOCK_ROWS ? m - r : CAMBIUM_BLOCK_ROWS;
    size_t o = first;
    for (; o + CAMBIUM_TILE_O <= last; o += CAMBIUM_TILE_O) {
      by_format[w->format](w, o, x + r * stride, stride, rows, y + r * y_stride + o, y_stride);
    }
    for (size_t rest = r; o < last && rest < r + rows; rest += CAMBIUM_FEW) {
      const size_t few = r + rows - rest < CAMBIUM_FEW ? r + rows - rest : CAMBIUM_FEW;
      product_of_few(w, o, last, x + rest * stride, few, y + rest * y_stride, y_stride);
    }
    r += rows;
  }
  // A few outputs at a time, so that their codes stay in the nearest cache for the next rows of x.
  for (size_t o = first; r < m && o < last; o += 8) {
    const size_t end = last - o < 8 ? last : o + 8;
    for (size_t rest = r; rest < m; rest += CAMBIUM_FEW) {
      const size_t few = m - rest < CAMBIUM_FEW ? m - rest : CAMBIUM_FEW;
      product_of_few(w, o, end, x + rest * stride, few, y + rest * y_stride, y_stride);
    }
  }
}

