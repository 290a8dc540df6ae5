// The product in integers with few rows of x: codes are decoded in registers. See int8.inc.h.

// One block of sixteen outputs for m rows of x (at most 4, a constant): words of codes v, scales of the outputs.
CAMBIUM_INLINE void int8_few_block(
    const int format, const int m, const __m512i *v, __m512 scale, const uint8_t *record, size_t stride, __m512 sums[4]) {
  const size_t block = int8_block(format), parts = 8 / format_bits(format);
  __m512i t[4];
  CAMBIUM_UNROLL
  for (int r = 0; r < m; r++) {
    t[r] = format_affine(format) ? _mm512_setzero_si512() : int8_word(record + (size_t)r * stride + block + 4);
  }
  CAMBIUM_UNROLL
  for (size_t j = 0; j < int8_words(format); j++) {
    __m512i bytes[2];
    int8_bytes(format, v[j], bytes);
    CAMBIUM_UNROLL
    for (size_t h = 0; h < parts; h++) {
      CAMBIUM_UNROLL
      for (int r = 0; r < m; r++) {
        t[r] = _mm512_dpbusd_epi32(t[r], bytes[h], int8_word(record + (size_t)r * stride + 4 * (parts * j + h)));
      }
    }
  }
  CAMBIUM_UNROLL
  for (int r = 0; r < m; r++) {
    const __m512 factor = _mm512_mul_ps(scale, int8_float(record + (size_t)r * stride + block));
    sums[r] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(t[r]), factor, sums[r]);
  }
}

// 64 bytes of each row, of which `bytes` are there; their first block is number `first` of those that the scales are for,
// 2^shift of them a group. As many lines from `next` on are fetched, spread over the work.
CAMBIUM_INLINE void int8_few_chunk(
    const int format, const int m, const int whole, const uint8_t *p, size_t row_bytes, size_t rows, size_t bytes,
    size_t first, unsigned shift, const float *scales, const float *biases, const uint8_t *record, size_t stride,
    const uint8_t *next, __m512 sums[4]) {
  const size_t words = int8_words(format);
  __m512i v[16];
  int8_codes(whole, p, row_bytes, rows, bytes, v);
  CAMBIUM_UNROLL
  for (size_t b = 0; b < 16 / words; b++) {
    if (4 * words * b >= bytes) break;
    CAMBIUM_UNROLL
    for (size_t line = 0; line < words; line++) __builtin_prefetch(next + 64 * (words * b + line));
    const size_t group = (first + b) >> shift;
    const uint8_t *at = record + b * int8_record(format);
    int8_few_block(format, m, v + words * b, _mm512_load_ps(scales + 16 * group), at, stride, sums);
    if (!format_affine(format) || ((first + b + 1) & ((1u << shift) - 1)) != 0) continue;
    CAMBIUM_UNROLL
    for (int r = 0; r < m; r++) {
      const __m512 sum = int8_float(at + (size_t)r * stride + int8_block(format) + 4);
      sums[r] = _mm512_fmadd_ps(_mm512_load_ps(biases + 16 * group), sum, sums[r]);
    }
  }
}

// Sixteen outputs from `row` on (`rows` of them, if not `whole`) for m rows of x (at most 4); whole and m are constants.
CAMBIUM_INLINE void int8_few_outputs(
    const int format, const int m, const int whole, const cambium_matrix *w, size_t row, size_t rows, const float *x,
    float *y, size_t y_stride) {
  const size_t block = int8_block(format), group = w->group, groups = w->columns / group;
  const size_t row_bytes = w->columns * format_bits(format) / 8, stride = 4 * cambium_int8_stride(w);
  const size_t parameter_bytes = int8_parameter_bytes(format, w->parameter), chunk = 512 / format_bits(format);
  const unsigned shift = format_affine(format) ? (unsigned)__builtin_ctzl(group / block) : 0;
  const uint8_t *codes = (const uint8_t *)w->codes + row * row_bytes;
  const uint8_t *scales = (const uint8_t *)w->scales + row * groups * parameter_bytes;
  const uint8_t *biases = (const uint8_t *)w->biases + row * groups * parameter_bytes;
  float turned[2][256] __attribute__((aligned(64)));
  __m512 sums[4];
  CAMBIUM_UNROLL
  for (int r = 0; r < m; r++) sums[r] = _mm512_setzero_ps();
  // The rows of the outputs follow one another: what comes next is fetched in order, each line once.
  const uint8_t *next = codes + 16 * row_bytes;
  for (size_t column = 0; column < w->columns; column += 16 * group) {
    const size_t first = column / group, count = groups - first < 16 ? groups - first : 16;
    const size_t row_of_groups = groups * parameter_bytes, at = first * parameter_bytes;
    int8_turn_parameters(format, w->parameter, scales + at, row_of_groups, rows, count, turned[0], 16);
    if (format_affine(format)) {
      int8_turn_parameters(format, w->parameter, biases + at, row_of_groups, rows, count, turned[1], 16);
    }
    const size_t next_groups = 16 * (row_of_groups + at);
    for (size_t ahead = 0; ahead < 16 * count * parameter_bytes; ahead += 64) {
      __builtin_prefetch(scales + next_groups + ahead);
      if (format_affine(format)) __builtin_prefetch(biases + next_groups + ahead);
    }
    const size_t columns = count * group;
    for (size_t i = 0; i < columns; i += chunk) {
      const size_t bytes = (column + i) * format_bits(format) / 8, b = i / block;
      const uint8_t *record = (const uint8_t *)x + (column + i) / block * int8_record(format);
      if (columns - i >= chunk) {
        int8_few_chunk(
            format, m, whole, codes + bytes, row_bytes, rows, 64, b, shift, turned[0], turned[1], record, stride,
            next + 16 * bytes, sums);
      } else {
        int8_few_chunk(
            format, m, whole, codes + bytes, row_bytes, rows, (columns - i) * format_bits(format) / 8, b, shift, turned[0],
            turned[1], record, stride, next + 16 * bytes, sums);
      }
    }
  }
  const __mmask16 mask = whole ? 0xFFFF : (__mmask16)(0xFFFFu >> (16 - rows));
  CAMBIUM_UNROLL
  for (int r = 0; r < m; r++) _mm512_mask_storeu_ps(y + (size_t)r * y_stride, mask, sums[r]);
}

CAMBIUM_INLINE void int8_few(
    const int format, const int m, const cambium_matrix *w, size_t row, size_t rows, const float *x, float *y,
    size_t y_stride) {
  if (rows >= 16) {
    int8_few_outputs(format, m, 1, w, row, 16, x, y, y_stride);
  } else {
    int8_few_outputs(format, m, 0, w, row, rows, x, y, y_stride);
  }
}
