// The fast product with many rows of x: see ../product/blocked.inc.h.

#define CAMBIUM_FAST_O 6

typedef struct {
  uint16_t words[CAMBIUM_FAST_O][CAMBIUM_BLOCK] __attribute__((aligned(64)));
  float scales[CAMBIUM_FAST_O][CAMBIUM_BLOCK / 8] __attribute__((aligned(64)));
} fast_block;

CAMBIUM_INLINE void decode_fast_block(
    const int format, const cambium_matrix *w, size_t row, size_t column, size_t columns, uint16_t *words,
    float *scales) {
  const size_t bits = format_bits(format), group = w->group, row_bytes = w->columns * bits / 8;
  const uint8_t *c = (const uint8_t *)w->codes + row * row_bytes + column * bits / 8;
  if (neighbour_steps(format)) {
    const size_t unit = 16 * neighbour_steps(format);
    for (size_t i = 0; i < columns; i += unit, c += 64) {
      const unit_codes codes =
          columns - i >= unit ? unit_load(format, c) : unit_load_part(format, c, (columns - i) * bits / 8);
      CAMBIUM_UNROLL
      for (size_t k = 0; k < unit / 32; k++) _mm512_store_si512(words + i + 32 * k, codes.pairs[k]);
    }
  } else {
    for (size_t i = 0; i < columns; i += 32, c += 4 * bits) {
      const size_t left = columns - i;
      const int part = left < 32 || (format_odd(format) && column + columns == w->columns && left <= 64);
      _mm512_store_si512(
          words + i, part ? fast_words_part(format, c, left < 32 ? left : 32) : fast_words(format, c));
    }
  }
  if (format == CAMBIUM_W_BF16) {
    const size_t unit = fast_unit(format, group), end = cambium_round_up(columns, unit);
    for (size_t i = cambium_round_up(columns, 32); i < end; i += 32) {
      _mm512_store_si512(words + i, _mm512_setzero_si512());
    }
    for (size_t i = 0; i < end; i += unit) scales[i / unit] = 1;
    return;
  }
  float plain[CAMBIUM_BLOCK / 16 + 16];
  const size_t width = scale_width(format, w->parameter), count = columns / group;
  const uint8_t *s = (const uint8_t *)w->scales + (row * (w->columns / group) + column / group) * width;
  decode_scales(format, w->parameter, s, count, plain);
  const size_t unit = fast_unit(format, group);
  for (size_t i = 0; i < columns; i += unit) {
    if (neighbour_steps(format)) {
      lanes_store(scales + i / unit * 16, neighbour_scales(format, group, plain + i / group));
    } else {
      scales[i / unit] = plain[i / group];
    }
  }
}

// The same as `tile` of ../product/blocked.inc.h; by_lane: each lane has its scale, else one for all.
CAMBIUM_INLINE void fast_tile(
    const int by_lane, const int m, const fast_block *d, size_t units, size_t steps, const uint16_t *x, size_t stride,
    __m512 sums[CAMBIUM_FAST_O][2]) {
  size_t at = 0;
  for (size_t u = 0; u < units; u++) {
    __m512 t[CAMBIUM_FAST_O][2];
    CAMBIUM_UNROLL
    for (int o = 0; o < CAMBIUM_FAST_O; o++) {
      CAMBIUM_UNROLL
      for (int r = 0; r < m; r++) t[o][r] = _mm512_setzero_ps();
    }
    for (size_t k = 0; k < steps; k++, at += 32) {
      __m512i v[2];
      CAMBIUM_UNROLL
      for (int r = 0; r < m; r++) v[r] = _mm512_loadu_si512(x + (size_t)r * stride + at);
      CAMBIUM_UNROLL
      for (int o = 0; o < CAMBIUM_FAST_O; o++) {
        const __m512i words = _mm512_load_si512(&d->words[o][at]);
        CAMBIUM_UNROLL
        for (int r = 0; r < m; r++) t[o][r] = fast_fma(words, v[r], t[o][r]);
      }
    }
    CAMBIUM_UNROLL
    for (int o = 0; o < CAMBIUM_FAST_O; o++) {
      const __m512 scale = by_lane ? _mm512_load_ps(&d->scales[o][16 * u]) : _mm512_set1_ps(d->scales[o][u]);
      CAMBIUM_UNROLL
      for (int r = 0; r < m; r++) sums[o][r] = _mm512_fmadd_ps(t[o][r], scale, sums[o][r]);
    }
  }
}

#define CAMBIUM_FAST_TILE(by_lane, m)                                                                              \
  static __attribute__((noinline)) void fast_tile_##by_lane##_##m(                                                 \
      const fast_block *d, size_t units, size_t steps, const uint16_t *x, size_t stride, __m512 *sums) {           \
    fast_tile(by_lane, m, d, units, steps, x, stride, (__m512(*)[2])sums);                                         \
  }
CAMBIUM_FAST_TILE(0, 1)
CAMBIUM_FAST_TILE(1, 1)
CAMBIUM_FAST_TILE(0, 2)
CAMBIUM_FAST_TILE(1, 2)

static void (*const fast_tiles[2][2])(const fast_block *, size_t, size_t, const uint16_t *, size_t, __m512 *) = {
    {fast_tile_0_1, fast_tile_0_2}, {fast_tile_1_1, fast_tile_1_2}};

// CAMBIUM_FAST_O outputs from `row` on for m <= CAMBIUM_BLOCK_ROWS rows of x.
CAMBIUM_INLINE void fast_many(
    const int format, const cambium_matrix *w, size_t row, const float *x, size_t m, float *y, size_t y_stride) {
  __m512 sums[CAMBIUM_BLOCK_ROWS / 2][CAMBIUM_FAST_O * 2];
  fast_block d;
  const size_t unit = fast_unit(format, w->group), stride = cambium_bf16_stride(w);
  memset(sums, 0, sizeof sums);
  for (size_t column = 0; column < w->columns; column += CAMBIUM_BLOCK) {
    const size_t left = w->columns - column, columns = left < CAMBIUM_BLOCK ? left : CAMBIUM_BLOCK;
    const size_t units = (columns + unit - 1) / unit;
    for (size_t o = 0; o < CAMBIUM_FAST_O; o++) {
      decode_fast_block(format, w, row + o, column, columns, d.words[o], d.scales[o]);
    }
    for (size_t r = 0; r < m; r += 2) {
      fast_tiles[neighbour_steps(format) != 0][m - r > 1](
          &d, units, unit / 32, (const uint16_t *)(x + r * stride) + column, 2 * stride, sums[r / 2]);
    }
  }
  for (size_t o = 0; format_affine(format) && o < CAMBIUM_FAST_O; o++) {
    float biases[CAMBIUM_CHUNK / 32 + 16];
    for (size_t column = 0; column < w->columns; column += CAMBIUM_CHUNK) {
      const size_t left = w->columns - column, columns = left < CAMBIUM_CHUNK ? left : CAMBIUM_CHUNK;
      const size_t count = decode_biases(w, row + o, column, columns, biases);
      const float *sums_of_x = x + fast_columns(w) / 2 + column / w->group;
      for (size_t r = 0; r < m; r++) {
        add_biases(1, biases, count, sums_of_x + r * stride, stride, (lanes *)&sums[r / 2][o * 2 + r % 2]);
      }
    }
  }
  for (size_t r = 0; r < m; r++) {
    for (size_t o = 0; o < CAMBIUM_FAST_O; o++) y[r * y_stride + o] = lanes_sum((lanes)sums[r / 2][o * 2 + r % 2]);
  }
}

#define CAMBIUM_FAST(name, format)                                                                             \
  static __attribute__((noinline)) void fast_few_##name(                                                       \
      const cambium_matrix *w, size_t first, size_t last, const float *x, size_t m, float *y, size_t stride) { \
    switch (m) {                                                                                               \
      case 1:                                                                                                  \
        return fast_few(format, 1, w, first, last, x, y, stride);                                              \
      case 2:                                                                                                  \
        return fast_few(format, 2, w, first, last, x, y, stride);                                              \
      case 3:                                                                                                  \
        return fast_few(format, 3, w, first, last, x, y, stride);                                              \
      default:                                                                                                 \
        return fast_few(format, 4, w, first, last, x, y, stride);                                              \
    }                                                                                                          \
  }                                                                                                            \
  static __attribute__((noinline)) void fast_many_##name(                                                      \
      const cambium_matrix *w, size_t row, const float *x, size_t m, float *y, size_t stride) {                \
    fast_many(format, w, row, x, m, y, stride);                                                                \
  }
CAMBIUM_FAST(bf16, CAMBIUM_W_BF16)
CAMBIUM_FAST(mxfp4, CAMBIUM_W_MXFP4)
CAMBIUM_FAST(mxfp8, CAMBIUM_W_MXFP8)
CAMBIUM_FAST(nvfp4, CAMBIUM_W_NVFP4)
CAMBIUM_FAST(affine2, CAMBIUM_W_AFFINE2)
CAMBIUM_FAST(affine3, CAMBIUM_W_AFFINE3)
CAMBIUM_FAST(affine4, CAMBIUM_W_AFFINE4)
CAMBIUM_FAST(affine5, CAMBIUM_W_AFFINE5)
CAMBIUM_FAST(affine6, CAMBIUM_W_AFFINE6)
CAMBIUM_FAST(affine8, CAMBIUM_W_AFFINE8)

// f32 and f16 weights have no fast product.
static void fast_product(
    const cambium_matrix *w, size_t first, size_t last, const float *x, size_t m, float *y, size_t y_stride) {
  static void (*const few[])(const cambium_matrix *, size_t, size_t, const float *, size_t, float *, size_t) = {
      0,                0,                fast_few_bf16,    fast_few_mxfp4,   fast_few_mxfp8,   fast_few_nvfp4,
      fast_few_affine2, fast_few_affine3, fast_few_affine4, fast_few_affine5, fast_few_affine6, fast_few_affine8};
  static void (*const many[])(const cambium_matrix *, size_t, const float *, size_t, float *, size_t) = {
      0,                 0,                 fast_many_bf16,    fast_many_mxfp4,   fast_many_mxfp8,   fast_many_nvfp4,
      fast_many_affine2, fast_many_affine3, fast_many_affine4, fast_many_affine5, fast_many_affine6, fast_many_affine8};
  const size_t stride = cambium_bf16_stride(w);
  size_t r = 0, rows;
  for (; m - r >= CAMBIUM_MANY; r += rows) {
    rows = m - r < CAMBIUM_BLOCK_ROWS ? m - r : CAMBIUM_BLOCK_ROWS;
    size_t o = first;
    for (; o + CAMBIUM_FAST_O <= last; o += CAMBIUM_FAST_O) {
      many[w->format](w, o, x + r * stride, rows, y + r * y_stride + o, y_stride);
    }
    for (size_t rest = r; o < last && rest < r + rows; rest += 4) {
      const size_t count = r + rows - rest < 4 ? r + rows - rest : 4;
      few[w->format](w, o, last, x + rest * stride, count, y + rest * y_stride, y_stride);
    }
  }
  for (size_t o = first; r < m && o < last; o += 4) {
    for (size_t rest = r; rest < m; rest += 4) {
      few[w->format](
          w, o, last - o < 4 ? last : o + 4, x + rest * stride, m - rest < 4 ? m - rest : 4, y + rest * y_stride,
          y_stride);
    }
  }
}
