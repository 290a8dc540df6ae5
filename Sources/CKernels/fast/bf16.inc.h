// The fast product, for AVX-512 with BF16: the rows of x are rounded to bf16 and multiplied two columns at a time. Not
// the canonical arithmetic: its sums differ, and other machines do not have it. Rows of x still do not see each other.
// The codes of every quantized format are exact in bf16.

CAMBIUM_INLINE __m512 fast_fma(__m512i w, __m512i x, __m512 sum) {
  return _mm512_dpbf16_ps(sum, (__m512bh)w, (__m512bh)x);
}

// Nearest even; NaN stays NaN.
CAMBIUM_INLINE lanes_u32 bf16_words(lanes v) {
  const lanes_u32 u = lanes_bits(v);
  const lanes_u32 rounded = (u + 0x7FFFu + ((u >> 16) & 1u)) >> 16;
  return (u & 0x7FFFFFFFu) > 0x7F800000u ? (lanes_u32)0x7FC0u : rounded;
}

// Prepared rows: bf16 numbers, padded to whole units (bf16 weights: to 128 columns), then the sums of the groups, f32.
// Formats of 2 and 4 bits: word 2j + h of vector k is column j * steps + k + h * steps / 2 of the unit, as the look-up
// of the codes yields them; the others: in order.
static size_t fast_columns(const cambium_matrix *w) {
  return (cambium_bf16_stride(w) - cambium_sums_of_groups(w)) * 2;
}

static void fast_prepare(const cambium_matrix *w, const float *x, size_t m, float *prepared) {
  const size_t columns = fast_columns(w), stride = cambium_bf16_stride(w), steps = neighbour_steps(w->format);
  for (size_t r = 0; r < m; r++, x += w->columns, prepared += stride) {
    uint16_t *words = (uint16_t *)prepared;
    float rounded[256];
    const size_t unit = steps ? 16 * steps : 32;
    float *sums = prepared + columns / 2;
    lanes group_sum = 0;
    for (size_t start = 0; start < columns; start += unit) {
      for (size_t i = 0; i < unit; i += 16) {
        const size_t at = start + i;
        const lanes v = at >= w->columns ? lanes_all(0) : lanes_load_at(x, at, w->columns);
        const lanes b = lanes_from_bits(bf16_words(v) << 16);
        lanes_store(rounded + i, b);
        if (!format_affine(w->format) || at >= w->columns) continue;
        group_sum += b;
        if ((at + 16) % w->group == 0) {
          sums[at / w->group] = lanes_sum(group_sum);
          group_sum = 0;
        }
      }
      if (steps) {
        float split[256];
        if (steps == 8) {
          interleave(8, rounded, split);
        } else {
          interleave(16, rounded, split);
        }
        for (size_t k = 0; k < steps / 2; k++) {
          const lanes_u32 low = lanes_bits(lanes_load(split + 16 * k)) >> 16;
          const lanes_u32 pair = low | lanes_bits(lanes_load(split + 16 * (k + steps / 2)));
          memcpy(words + start + 32 * k, &pair, 64);
        }
      } else {
        for (size_t i = 0; i < 32; i++) words[start + i] = (uint16_t)(float_bits(rounded[i]) >> 16);
      }
    }
    if (format_affine(w->format)) {
      const size_t groups = w->columns / w->group;
      memset(sums + groups, 0, (cambium_round_up(groups, 16) - groups) * 4);
    }
  }
}

// 32 consecutive columns of the formats that are not looked up, as bf16.
CAMBIUM_INLINE __m512i fast_words(const int format, const uint8_t *p) {
  if (format == CAMBIUM_W_BF16) return _mm512_loadu_si512(p);
  lanes w[2];
  pair_weights(format, p, w);
  return (__m512i)_mm512_cvtne2ps_pbh((__m512)w[1], (__m512)w[0]);
}

// `count` (at most 32) columns from p on; the others are 0.
CAMBIUM_INLINE __m512i fast_words_part(const int format, const uint8_t *p, size_t count) {
  uint8_t part[64] = {0};
  memcpy(part, p, count * format_bits(format) / 8);
  return fast_words(format, part);
}

// Columns whose products are added up before the scale is applied. bf16 weights have none: 128.
CAMBIUM_INLINE size_t fast_unit(const int format, size_t group) {
  if (format == CAMBIUM_W_BF16) return 128;
  return neighbour_steps(format) ? 16 * neighbour_steps(format) : group;
}

CAMBIUM_INLINE __m512 fast_scale(const int format, size_t group, const float *s) {
  if (format == CAMBIUM_W_BF16) return _mm512_set1_ps(1);
  return neighbour_steps(format) ? (__m512)neighbour_scales(format, group, s) : _mm512_set1_ps(*s);
}

// 32 columns of `rows` rows times m rows of x (all constants).
CAMBIUM_INLINE void add_fast_step(
    const int rows, const int m, const __m512i words[2], const uint16_t *x, size_t stride, __m512 t[2][4]) {
  CAMBIUM_UNROLL
  for (int r = 0; r < m; r++) {
    const __m512i v = _mm512_loadu_si512(x + (size_t)r * stride);
    CAMBIUM_UNROLL
    for (int o = 0; o < rows; o++) t[o][r] = fast_fma(words[o], v, t[o][r]);
  }
}

// The products of one unit, of which `here` columns are there (all of them if `whole`, a constant). `end`: it is the last
// of the row.
CAMBIUM_INLINE void add_fast_products(
    const int format, const int rows, const int m, const int whole, const uint8_t *c, size_t row_bytes, size_t unit,
    size_t here, const int end, const uint16_t *x, size_t stride, __m512 t[2][4]) {
  const size_t bits = format_bits(format), steps = neighbour_steps(format) / 2;
  __m512i words[2];
  if (steps) {
    unit_codes codes[2];
    CAMBIUM_UNROLL
    for (int o = 0; o < rows; o++) {
      const uint8_t *p = c + (size_t)o * row_bytes;
      codes[o] = whole ? unit_load(format, p) : unit_load_part(format, p, here * bits / 8);
    }
    CAMBIUM_UNROLL
    for (size_t k = 0; k < steps; k++) {
      CAMBIUM_UNROLL
      for (int o = 0; o < rows; o++) words[o] = codes[o].pairs[k];
      add_fast_step(rows, m, words, x + 32 * k, stride, t);
    }
    return;
  }
  for (size_t k = 0; 32 * k < unit; k++) {
    const size_t left = here > 32 * k ? here - 32 * k : 0;
    CAMBIUM_UNROLL
    for (int o = 0; o < rows; o++) {
      const uint8_t *p = c + (size_t)o * row_bytes + 4 * k * bits;
      // Codes of odd widths are read beyond their end, but not beyond the row.
      const int part = !whole && (left < 32 || (format_odd(format) && end && left <= 64));
      words[o] = part ? fast_words_part(format, p, left < 32 ? left : 32) : fast_words(format, p);
    }
    add_fast_step(rows, m, words, x + 32 * k, stride, t);
  }
}

// One unit: its products, scaled, go to the sums.
CAMBIUM_INLINE void add_fast_unit(
    const int format, const int rows, const int m, const size_t group, const int whole, const uint8_t *c,
    size_t row_bytes, const float *const *s, size_t here, const int end, size_t next, const uint16_t *x, size_t stride,
    __m512 sums[][4]) {
  const size_t unit = fast_unit(format, group), bytes = unit * format_bits(format) / 8;
  __m512 t[2][4];
  CAMBIUM_UNROLL
  for (int o = 0; o < rows; o++) {
    for (size_t ahead = 0; ahead < bytes; ahead += 64) {
      const uint8_t *p = c + (size_t)o * row_bytes + next + ahead;
      // With one row of x no code is used twice: it need not drive what is from the outer caches.
      if (m == 1) {
        __builtin_prefetch(p, 0, 0);
      } else {
        __builtin_prefetch(p);
      }
    }
    CAMBIUM_UNROLL
    for (int r = 0; r < m; r++) t[o][r] = _mm512_setzero_ps();
  }
  add_fast_products(format, rows, m, whole, c, row_bytes, unit, here, end, x, stride, t);
  CAMBIUM_UNROLL
  for (int o = 0; o < rows; o++) {
    const __m512 scale = fast_scale(format, group, s[o]);
    CAMBIUM_UNROLL
    for (int r = 0; r < m; r++) sums[o][r] = _mm512_fmadd_ps(t[o][r], scale, sums[o][r]);
  }
}

// `columns` columns of `rows` rows (1 or 2), row_bytes apart, for m rows of x (at most 4); rows and m are constants.
// c and x point to the first column, s to its scale. `end`: these are the last columns of the row.
CAMBIUM_INLINE void add_fast(
    const int format, const int rows, const int m, const size_t group, const uint8_t *c, size_t row_bytes,
    const float *s0, const float *s1, size_t columns, const int end, const uint16_t *x, size_t stride,
    __m512 sums[][4]) {
  const size_t unit = fast_unit(format, group), bytes = unit * format_bits(format) / 8;
  const size_t next = m == 1 ? CAMBIUM_AHEAD : 8 * row_bytes;
  // In odd widths the last columns of a row are read with care.
  const size_t careful = format_odd(format) && end ? unit : 0;
  const float *s[2] = {s0, s1};
  size_t column = 0;
  for (; column + unit + careful <= columns; column += unit, c += bytes, x += unit) {
    add_fast_unit(format, rows, m, group, 1, c, row_bytes, s, unit, 0, next, x, stride, sums);
    CAMBIUM_UNROLL
    for (int o = 0; o < rows; o++) s[o] += unit / group;
  }
  for (; column < columns; column += unit, c += bytes, x += unit) {
    const size_t left = columns - column;
    add_fast_unit(
        format, rows, m, group, 0, c, row_bytes, s, left < unit ? left : unit, end && left <= unit, next, x, stride,
        sums);
    CAMBIUM_UNROLL
    for (int o = 0; o < rows; o++) s[o] += unit / group;
  }
}

// `rows` outputs (1 or 2) for m rows of x (at most 4), both constants.
CAMBIUM_INLINE void fast_rows(
    const int format, const int rows, const int m, const cambium_matrix *w, size_t row, const float *x, float *y,
    size_t y_stride) {
  const size_t group = format_affine(format) ? w->group
                       : format == CAMBIUM_W_BF16 ? 128
                       : format == CAMBIUM_W_NVFP4 ? 16 : 32;
  const size_t width = scale_width(format, w->parameter), groups = w->columns / group;
  const size_t row_bytes = w->columns * format_bits(format) / 8, stride = cambium_bf16_stride(w);
  const size_t sums_of_x = fast_columns(w) / 2;
  const uint8_t *c = (const uint8_t *)w->codes + row * row_bytes;
  const uint8_t *s = (const uint8_t *)w->scales + row * groups * width;
  const uint8_t *b = (const uint8_t *)w->biases + row * groups * width;
  const __m512 zero = _mm512_setzero_ps();
  __m512 sums[2][4] = {{zero, zero, zero, zero}, {zero, zero, zero, zero}};
  float scales[2][CAMBIUM_CHUNK / 16 + 16];
  for (size_t column = 0; column < w->columns; column += CAMBIUM_CHUNK) {
    const size_t left = w->columns - column, columns = left < CAMBIUM_CHUNK ? left : CAMBIUM_CHUNK;
    for (int o = 0; o < rows && format != CAMBIUM_W_BF16; o++) {
      const uint8_t *at = s + ((size_t)o * groups + column / group) * width;
      decode_scales(format, w->parameter, at, columns / group, scales[o]);
    }
    add_fast(
        format, rows, m, group, c + column * format_bits(format) / 8, row_bytes, scales[0], scales[1], columns,
        left <= CAMBIUM_CHUNK, (const uint16_t *)x + column, 2 * stride, sums);
  }
  for (size_t column = 0; format_affine(format) && column < w->columns; column += CAMBIUM_CHUNK) {
    const size_t left = w->columns - column, columns = left < CAMBIUM_CHUNK ? left : CAMBIUM_CHUNK;
    CAMBIUM_UNROLL
    for (int o = 0; o < rows; o++) {
      const size_t first = column / group, count = columns / group;
      decode_scales(format, w->parameter, b + ((size_t)o * groups + first) * width, count, scales[o]);
      add_biases(m, scales[o], count, x + sums_of_x + first, stride, (lanes *)sums[o]);
    }
  }
  CAMBIUM_UNROLL
  for (int o = 0; o < rows; o++) {
    CAMBIUM_UNROLL
    for (int r = 0; r < m; r++) y[(size_t)r * y_stride + (size_t)o] = lanes_sum((lanes)sums[o][r]);
  }
}

CAMBIUM_INLINE void fast_few(
    const int format, const int m, const cambium_matrix *w, size_t first, size_t last, const float *x, float *y,
    size_t y_stride) {
  size_t o = first;
  if (m > 1) {
    for (; o + 2 <= last; o += 2) fast_rows(format, 2, m, w, o, x, y + o, y_stride);
  }
  for (; o < last; o++) fast_rows(format, 1, m, w, o, x, y + o, y_stride);
}
