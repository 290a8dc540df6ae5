// Matrix times a few rows, for one tier: one row of weights is decoded in registers and multiplied with up to
// CAMBIUM_FEW (2 or 4) rows of x; with CAMBIUM_PAIRS_OF_OUTPUTS two rows of weights at once, which then share the loads
// of x. No guard on purpose.

// One unit of `rows` rows (both constants), whose format has 2 or 4 bits; x and the scales stand at its first column.
CAMBIUM_INLINE void add_unit(
    const int format, const int rows, const int m, const size_t group, const unit_codes *codes, const float *const *scales,
    const float *x, size_t stride, lanes sums[][4]) {
  const int steps = (int)neighbour_steps(format);
  lanes t[2][4];
  CAMBIUM_UNROLL
  for (int o = 0; o < rows; o++) {
    CAMBIUM_UNROLL
    for (int r = 0; r < m; r++) t[o][r] = 0;
  }
  CAMBIUM_UNROLL
  for (int k = 0; k < steps; k++) {
    lanes w[2];
    CAMBIUM_UNROLL
    for (int o = 0; o < rows; o++) w[o] = unit_step(format, &codes[o], k);
    CAMBIUM_UNROLL
    for (int r = 0; r < m; r++) {
      const lanes v = lanes_load(x + (size_t)r * stride + 16 * (size_t)k);
      CAMBIUM_UNROLL
      for (int o = 0; o < rows; o++) t[o][r] = lanes_fma(w[o], v, t[o][r]);
    }
  }
  CAMBIUM_UNROLL
  for (int o = 0; o < rows; o++) {
    const lanes scale = neighbour_scales(format, group, scales[o]);
    CAMBIUM_UNROLL
    for (int r = 0; r < m; r++) sums[o][r] = lanes_fma(t[o][r], scale, sums[o][r]);
  }
}

// CAMBIUM_UNITS_OF_ONE units of one row for one row of x: each is a chain of sums, and one alone leaves the processor waiting.
CAMBIUM_INLINE void add_units_of_one(
    const int format, const size_t group, const uint8_t *c, const float *s, size_t ahead, const float *x, lanes *sum) {
  const size_t steps = neighbour_steps(format), unit = 16 * steps;
  unit_codes codes[CAMBIUM_UNITS_OF_ONE];
  lanes t[CAMBIUM_UNITS_OF_ONE];
  CAMBIUM_UNROLL
  for (size_t u = 0; u < CAMBIUM_UNITS_OF_ONE; u++) {
    __builtin_prefetch(c + 64 * u + ahead);
    codes[u] = unit_load(format, c + 64 * u);
    t[u] = 0;
  }
  CAMBIUM_UNROLL
  for (size_t k = 0; k < steps; k++) {
    CAMBIUM_UNROLL
    for (size_t u = 0; u < CAMBIUM_UNITS_OF_ONE; u++) {
      t[u] = lanes_fma(unit_step(format, &codes[u], (int)k), lanes_load(x + unit * u + 16 * k), t[u]);
    }
  }
  CAMBIUM_UNROLL
  for (size_t u = 0; u < CAMBIUM_UNITS_OF_ONE; u++) {
    *sum = lanes_fma(t[u], neighbour_scales(format, group, s + unit / group * u), *sum);
  }
}

// `columns` columns of `rows` rows, row_bytes apart; c and x stand at the first, s[o] at its scale.
CAMBIUM_INLINE void add_neighbours(
    const int format, const int rows, const int m, const size_t group, const uint8_t *c, size_t row_bytes, const float *s0,
    const float *s1, size_t columns, size_t ahead, const float *x, size_t stride, lanes sums[][4]) {
  const size_t unit = 16 * neighbour_steps(format);
  const float *s[2] = {s0, s1};
  unit_codes codes[2];
  size_t column = 0;
  if (m == 1 && rows == 1 && CAMBIUM_UNITS_OF_ONE > 1) {
    const size_t step = CAMBIUM_UNITS_OF_ONE * unit;
    for (; column + step <= columns; column += step, c += CAMBIUM_UNITS_OF_ONE * 64, x += step) {
      add_units_of_one(format, group, c, s[0], ahead, x, &sums[0][0]);
      s[0] += step / group;
    }
  }
  for (; column + unit <= columns; column += unit, c += 64, x += unit) {
    CAMBIUM_UNROLL
    for (int o = 0; o < rows; o++) {
      __builtin_prefetch(c + (size_t)o * row_bytes + ahead);
      codes[o] = unit_load(format, c + (size_t)o * row_bytes);
    }
    add_unit(format, rows, m, group, codes, s, x, stride, sums);
    CAMBIUM_UNROLL
    for (int o = 0; o < rows; o++) s[o] += unit / group;
  }
  if (column < columns) {
    for (int o = 0; o < rows; o++) {
      codes[o] = unit_load_part(format, c + (size_t)o * row_bytes, (columns - column) * format_bits(format) / 8);
    }
    add_unit(format, rows, m, group, codes, s, x, stride, sums);
  }
}

// The same for the other quantized formats, whose unit is one group.
CAMBIUM_INLINE void add_groups(
    const int format, const int rows, const int m, size_t group, const uint8_t *c, size_t row_bytes, const float *s0,
    const float *s1, size_t columns, size_t ahead, const float *x, size_t stride, lanes sums[][4]) {
  const size_t bytes = 2 * format_bits(format);
  const float *s[2] = {s0, s1};
  for (size_t column = 0; column < columns; column += group) {
    lanes t[2][4];
    CAMBIUM_UNROLL
    for (int o = 0; o < rows; o++) {
      __builtin_prefetch(c + (size_t)o * row_bytes + ahead);
      CAMBIUM_UNROLL
      for (int r = 0; r < m; r++) t[o][r] = 0;
    }
    const uint8_t *p[2] = {c, c + row_bytes};
    uint8_t copy[2][128];
    if (format_odd(format) && column + group >= columns) {
      CAMBIUM_UNROLL
      for (int o = 0; o < rows; o++) {
        memcpy(copy[o], p[o], group / 16 * bytes);
        p[o] = copy[o];
      }
    }
    c += group / 16 * bytes;
    for (size_t k = 0; k < group; k += 32, x += 32) {
      lanes w[2][2];
      CAMBIUM_UNROLL
      for (int o = 0; o < rows; o++) {
        pair_weights(format, p[o], w[o]);
        p[o] += 2 * bytes;
      }
      CAMBIUM_UNROLL
      for (int half = 0; half < 2; half++) {
        CAMBIUM_UNROLL
        for (int r = 0; r < m; r++) {
          const lanes v = lanes_load(x + (size_t)r * stride + 16 * half);
          CAMBIUM_UNROLL
          for (int o = 0; o < rows; o++) t[o][r] = lanes_fma(w[o][half], v, t[o][r]);
        }
      }
    }
    CAMBIUM_UNROLL
    for (int o = 0; o < rows; o++) {
      const lanes scale = lanes_all(*s[o]++);
      CAMBIUM_UNROLL
      for (int r = 0; r < m; r++) sums[o][r] = lanes_fma(t[o][r], scale, sums[o][r]);
    }
  }
}

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

// Outputs first ..< last for m rows of x, m a constant of at most 4.
CAMBIUM_INLINE void few_rows(
    const int format, const int m, const cambium_matrix *w, size_t first, size_t last, const float *x, float *y,
    size_t y_stride) {
  const size_t stride = cambium_prepared_stride(w);
  size_t o = first;
  if (format <= CAMBIUM_W_BF16) {
    // As many chains as the registers of the tier hold.
    const int rows = CAMBIUM_FEW == 4 || m == 1 ? 4 : 2;
    for (; o + (size_t)rows <= last; o += (size_t)rows) {
      float_rows(format, rows, m, w, o, x, stride, y + o, y_stride);
    }
    for (; o < last; o++) float_rows(format, 1, m, w, o, x, stride, y + o, y_stride);
  } else {
    // One row of x: memory is read in one stream. More rows: columns whose x stays in the nearest cache for several
    // outputs, of which two share the loads: a multiple of 512, so of every unit.
    const size_t outputs = m == 1 ? 1 : 8;
    const size_t near = m == 1 ? CAMBIUM_CHUNK : CAMBIUM_NEAR_NUMBERS / (size_t)m / 512 * 512;
    for (; o < last; o += outputs) {
      const size_t count = last - o < outputs ? last - o : outputs;
      quantized_outputs(format, m, w, o, count, near, x, stride, y + o, y_stride);
    }
  }
}

#if CAMBIUM_FEW == 4
#define CAMBIUM_CASES_OF_FEW(format)                                   \
  case 3:                                                              \
    return few_rows(format, 3, w, first, last, x, y, y_stride);        \
  case 4:                                                              \
    return few_rows(format, 4, w, first, last, x, y, y_stride);
#else
#define CAMBIUM_CASES_OF_FEW(format)
#endif

#define CAMBIUM_FEW_ROWS(name, format)                                                                           \
  static __attribute__((noinline)) void few_rows_##name(                                                         \
      const cambium_matrix *w, size_t first, size_t last, const float *x, size_t m, float *y, size_t y_stride) { \
    switch (m) {                                                                                                 \
      CAMBIUM_CASES_OF_FEW(format)                                                                               \
      case 2:                                                                                                    \
        return few_rows(format, 2, w, first, last, x, y, y_stride);                                              \
      default:                                                                                                   \
        return few_rows(format, 1, w, first, last, x, y, y_stride);                                              \
    }                                                                                                            \
  }

CAMBIUM_FEW_ROWS(f32, CAMBIUM_W_F32)
CAMBIUM_FEW_ROWS(f16, CAMBIUM_W_F16)
CAMBIUM_FEW_ROWS(bf16, CAMBIUM_W_BF16)
CAMBIUM_FEW_ROWS(mxfp4, CAMBIUM_W_MXFP4)
CAMBIUM_FEW_ROWS(mxfp8, CAMBIUM_W_MXFP8)
CAMBIUM_FEW_ROWS(nvfp4, CAMBIUM_W_NVFP4)
CAMBIUM_FEW_ROWS(affine2, CAMBIUM_W_AFFINE2)
CAMBIUM_FEW_ROWS(affine3, CAMBIUM_W_AFFINE3)
CAMBIUM_FEW_ROWS(affine4, CAMBIUM_W_AFFINE4)
CAMBIUM_FEW_ROWS(affine5, CAMBIUM_W_AFFINE5)
CAMBIUM_FEW_ROWS(affine6, CAMBIUM_W_AFFINE6)
CAMBIUM_FEW_ROWS(affine8, CAMBIUM_W_AFFINE8)

// Up to CAMBIUM_FEW rows of x.
static void product_of_few(
    const cambium_matrix *w, size_t first, size_t last, const float *x, size_t m, float *y, size_t y_stride) {
  static void (*const by_format[])(
      const cambium_matrix *, size_t, size_t, const float *, size_t, float *, size_t) = {
      few_rows_f32,     few_rows_f16,     few_rows_bf16,    few_rows_mxfp4,   few_rows_mxfp8,   few_rows_nvfp4,
      few_rows_affine2, few_rows_affine3, few_rows_affine4, few_rows_affine5, few_rows_affine6, few_rows_affine8};
  by_format[w->format](w, first, last, x, m, y, y_stride);
}
