// The product in integers with many rows of x: codes are decoded once, then multiplied with a few rows at a time. See
// int8.inc.h.

// Vectors of outputs and rows of x whose sums the registers hold.
#define CAMBIUM_INT8_O 3
#define CAMBIUM_INT8_R 4
// Columns decoded at once, and rows of x whose sums are kept meanwhile.
#define CAMBIUM_INT8_COLUMNS 512
#define CAMBIUM_INT8_ROWS 128

typedef struct {
  uint8_t bytes[CAMBIUM_INT8_COLUMNS / 4][CAMBIUM_INT8_O][64] __attribute__((aligned(64)));
  float scales[CAMBIUM_INT8_COLUMNS / 16][CAMBIUM_INT8_O][16] __attribute__((aligned(64)));
  float biases[CAMBIUM_INT8_COLUMNS / 32][CAMBIUM_INT8_O][16] __attribute__((aligned(64)));
} int8_decoded;

// `rows` <= 16 outputs from `row` on.
CAMBIUM_INLINE void int8_decode(
    const int format, const cambium_matrix *w, size_t row, size_t rows, size_t column, size_t columns, size_t o,
    int8_decoded *d) {
  const size_t bits = format_bits(format), row_bytes = w->columns * bits / 8, chunk = 512 / bits, parts = 8 / bits;
  const uint8_t *codes = (const uint8_t *)w->codes + row * row_bytes + column * bits / 8;
  for (size_t i = 0; i < columns; i += chunk) {
    const size_t left = (columns - i) * bits / 8;
    __m512i v[16];
    if (left >= 64) {
      int8_codes(0, codes + i * bits / 8, row_bytes, rows, 64, v);
    } else {
      int8_codes(0, codes + i * bits / 8, row_bytes, rows, left, v);
    }
    CAMBIUM_UNROLL
    for (size_t j = 0; j < 16; j++) {
      __m512i bytes[2];
      int8_bytes(format, v[j], bytes);
      CAMBIUM_UNROLL
      for (size_t h = 0; h < parts; h++) _mm512_store_si512(d->bytes[i / 4 + parts * j + h][o], bytes[h]);
    }
  }
  const size_t groups = w->columns / w->group, width = int8_parameter_bytes(format, w->parameter);
  const size_t first = row * groups + column / w->group, count = columns / w->group;
  for (size_t g = 0; g < count; g += 16) {
    const size_t here = count - g < 16 ? count - g : 16, at = (first + g) * width;
    int8_turn_parameters(
        format, w->parameter, (const uint8_t *)w->scales + at, groups * width, rows, here, d->scales[g][o],
        CAMBIUM_INT8_O * 16);
    if (!format_affine(format)) continue;
    int8_turn_parameters(
        format, w->parameter, (const uint8_t *)w->biases + at, groups * width, rows, here, d->biases[g][o],
        CAMBIUM_INT8_O * 16);
  }
}

// `blocks` blocks of `outs` vectors of outputs and m rows of x (both constants).
CAMBIUM_INLINE void int8_tile(
    const int format, const int outs, const int m, const int8_decoded *d, size_t blocks, unsigned shift,
    const uint8_t *record, size_t stride, float (*kept)[CAMBIUM_INT8_O][16]) {
  const size_t block = int8_block(format);
  __m512 sums[CAMBIUM_INT8_O][CAMBIUM_INT8_R];
  CAMBIUM_UNROLL
  for (int o = 0; o < outs; o++) {
    CAMBIUM_UNROLL
    for (int r = 0; r < m; r++) sums[o][r] = _mm512_load_ps(kept[r][o]);
  }
  for (size_t b = 0; b < blocks; b++, record += int8_record(format)) {
    __m512i t[CAMBIUM_INT8_O][CAMBIUM_INT8_R];
    CAMBIUM_UNROLL
    for (int r = 0; r < m; r++) {
      CAMBIUM_UNROLL
      for (int o = 0; o < outs; o++) {
        t[o][r] = format_affine(format) ? _mm512_setzero_si512() : int8_word(record + (size_t)r * stride + block + 4);
      }
    }
    CAMBIUM_UNROLL
    for (size_t k = 0; k < block / 4; k++) {
      CAMBIUM_UNROLL
      for (int r = 0; r < m; r++) {
        const __m512i v = int8_word(record + (size_t)r * stride + 4 * k);
        CAMBIUM_UNROLL
        for (int o = 0; o < outs; o++) {
          t[o][r] = _mm512_dpbusd_epi32(t[o][r], _mm512_load_si512(d->bytes[b * (block / 4) + k][o]), v);
        }
      }
    }
    const size_t group = b >> shift;
    CAMBIUM_UNROLL
    for (int r = 0; r < m; r++) {
      const __m512 factor = int8_float(record + (size_t)r * stride + block);
      CAMBIUM_UNROLL
      for (int o = 0; o < outs; o++) {
        const __m512 scale = _mm512_mul_ps(_mm512_load_ps(d->scales[group][o]), factor);
        sums[o][r] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(t[o][r]), scale, sums[o][r]);
      }
    }
    if (!format_affine(format) || ((b + 1) & ((1u << shift) - 1)) != 0) continue;
    CAMBIUM_UNROLL
    for (int r = 0; r < m; r++) {
      const __m512 sum = int8_float(record + (size_t)r * stride + block + 4);
      CAMBIUM_UNROLL
      for (int o = 0; o < outs; o++) {
        sums[o][r] = _mm512_fmadd_ps(_mm512_load_ps(d->biases[group][o]), sum, sums[o][r]);
      }
    }
  }
  CAMBIUM_UNROLL
  for (int o = 0; o < outs; o++) {
    CAMBIUM_UNROLL
    for (int r = 0; r < m; r++) _mm512_store_ps(kept[r][o], sums[o][r]);
  }
}

CAMBIUM_INLINE void int8_tiles(
    const int format, const int outs, const int8_decoded *d, size_t blocks, unsigned shift, const uint8_t *record,
    size_t stride, size_t m, float (*kept)[CAMBIUM_INT8_O][16]) {
  for (; m >= 4; m -= 4, record += 4 * stride, kept += 4) {
    int8_tile(format, outs, 4, d, blocks, shift, record, stride, kept);
  }
  for (; m > 0; m--, record += stride, kept++) int8_tile(format, outs, 1, d, blocks, shift, record, stride, kept);
}

// `rows` outputs (at most 16 · CAMBIUM_INT8_O) for m <= CAMBIUM_INT8_ROWS rows of x.
CAMBIUM_INLINE void int8_many(
    const int format, const cambium_matrix *w, size_t row, size_t rows, const float *x, size_t m, float *y,
    size_t y_stride) {
  float kept[CAMBIUM_INT8_ROWS][CAMBIUM_INT8_O][16] __attribute__((aligned(64)));
  int8_decoded d;
  const size_t block = int8_block(format), stride = 4 * cambium_int8_stride(w), outs = (rows + 15) / 16;
  const unsigned shift = format_affine(format) ? (unsigned)__builtin_ctzl(w->group / block) : 0;
  memset(kept, 0, m * sizeof kept[0]);
  for (size_t column = 0; column < w->columns; column += CAMBIUM_INT8_COLUMNS) {
    const size_t left = w->columns - column, columns = left < CAMBIUM_INT8_COLUMNS ? left : CAMBIUM_INT8_COLUMNS;
    for (size_t o = 0; o < outs; o++) {
      const size_t here = rows - 16 * o < 16 ? rows - 16 * o : 16;
      int8_decode(format, w, row + 16 * o, here, column, columns, o, &d);
    }
    const uint8_t *record = (const uint8_t *)x + column / block * int8_record(format);
    switch (outs) {
      case 1:
        int8_tiles(format, 1, &d, columns / block, shift, record, stride, m, kept);
        break;
      case 2:
        int8_tiles(format, 2, &d, columns / block, shift, record, stride, m, kept);
        break;
      default:
        int8_tiles(format, 3, &d, columns / block, shift, record, stride, m, kept);
        break;
    }
  }
  for (size_t r = 0; r < m; r++) memcpy(y + r * y_stride, kept[r], rows * 4);
}
