// Units of one or two rows of weights, decoded in registers and multiplied with up to CAMBIUM_FEW (2 or 4) rows of x, for
// one tier.

// One unit of `rows` rows (both constants), whose format has 2 or 4 bits; x and the scales point to its first column.
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

// `columns` columns of `rows` rows, row_bytes apart; c and x point to the first, s[o] to its scale.
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
