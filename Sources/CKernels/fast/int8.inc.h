// The fast product in integers, for AVX-512 with VNNI: each block of 32 columns of x (nvfp4: 16) is rounded to int8
// with its own scale, the sums of a block's products are whole numbers, so exact in any order. Page "Canonical
// arithmetic" of Inference has the definition. Lanes are outputs: sixteen rows of codes are turned so that a register
// holds the same columns of all of them.

// Columns of x that share a scale, and the 32-bit words of codes that hold them.
CAMBIUM_INLINE size_t int8_block(const int format) { return format == CAMBIUM_W_NVFP4 ? 16 : 32; }
CAMBIUM_INLINE size_t int8_words(const int format) { return int8_block(format) * format_bits(format) / 32; }

// E2M1 counts in halves, and 12 of them are added to make it unsigned.
#define CAMBIUM_INT8_OFFSET 12

// A prepared row is a record for each block: the whole numbers, their scale (E2M1: half of it), and for E2M1 the start of
// the block's sum, which takes the offset away again; for affine, in the last block of a group, the sum of the group.
// Codes of 4 bits: of eight columns first those of even number, then the others, as a word of codes yields them.
CAMBIUM_INLINE size_t int8_record(const int format) { return int8_block(format) + 8; }

CAMBIUM_INLINE __m512i int8_word(const uint8_t *p) {
  int32_t word;
  memcpy(&word, p, 4);
  return _mm512_set1_epi32(word);
}

CAMBIUM_INLINE __m512 int8_float(const uint8_t *p) {
  float number;
  memcpy(&number, p, 4);
  return _mm512_set1_ps(number);
}

// Rounds one block; returns the scale and the sum of the whole numbers.
CAMBIUM_INLINE int32_t int8_round(const int format, const float *x, uint8_t *record, float *scale) {
  const size_t parts = int8_block(format) / 16;
  const __m128i order = format_bits(format) == 4 ? _mm_setr_epi8(0, 2, 4, 6, 1, 3, 5, 7, 8, 10, 12, 14, 9, 11, 13, 15)
                                               : _mm_setr_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  __m512 v[2];
  __m512i largest = _mm512_setzero_si512(), sum = largest;
  for (size_t i = 0; i < parts; i++) {
    v[i] = _mm512_loadu_ps(x + 16 * i);
    largest = _mm512_max_epu32(largest, _mm512_castps_si512(_mm512_abs_ps(v[i])));
  }
  const uint32_t bits = _mm512_reduce_max_epu32(largest);
  const float peak = bits_float(bits);
  const int usual = bits < 0x7F800000u && peak >= 0x1p-118f;
  *scale = usual ? peak / 127.0f : bits < 0x7F800000u ? 0.0f : bits_float(0x7FC00000u);
  const __m512 factor = _mm512_set1_ps(usual ? 127.0f / peak : 0.0f);
  for (size_t i = 0; i < parts; i++) {
    const __m512i q = usual ? _mm512_cvt_roundps_epi32(
                                  _mm512_mul_ps(v[i], factor), _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC)
                            : _mm512_setzero_si512();
    sum = _mm512_add_epi32(sum, q);
    _mm_storeu_si128((__m128i *)(void *)(record + 16 * i), _mm_shuffle_epi8(_mm512_cvtepi32_epi8(q), order));
  }
  return _mm512_reduce_add_epi32(sum);
}

CAMBIUM_INLINE void int8_prepare_rows(
    const int format, const cambium_matrix *w, const float *x, size_t m, float *prepared) {
  const size_t block = int8_block(format), blocks = w->columns / block, of_group = w->group / block;
  for (size_t r = 0; r < m; r++, prepared += cambium_int8_stride(w)) {
    uint8_t *record = (uint8_t *)prepared;
    float group = 0;
    for (size_t b = 0; b < blocks; b++, x += block, record += int8_record(format)) {
      float scale;
      const int32_t sum = int8_round(format, x, record, &scale);
      if (format_affine(format)) {
        group += scale * (float)sum;
        memcpy(record + block, &scale, 4);
        memcpy(record + block + 4, &group, 4);
        if ((b + 1) % of_group == 0) group = 0;
      } else {
        const float half = scale * 0.5f;
        const int32_t start = -CAMBIUM_INT8_OFFSET * sum;
        memcpy(record + block, &half, 4);
        memcpy(record + block + 4, &start, 4);
      }
    }
  }
}

// Sixteen vectors as the rows of a square of 32-bit words, turned.
CAMBIUM_INLINE void int8_turn(__m512i v[16]) {
  __m512i s[4][4];
  CAMBIUM_UNROLL
  for (int i = 0; i < 4; i++) {
    const __m512i a = _mm512_shuffle_i32x4(v[i], v[i + 4], 0x44), b = _mm512_shuffle_i32x4(v[i], v[i + 4], 0xEE);
    const __m512i c = _mm512_shuffle_i32x4(v[i + 8], v[i + 12], 0x44);
    const __m512i d = _mm512_shuffle_i32x4(v[i + 8], v[i + 12], 0xEE);
    s[0][i] = _mm512_shuffle_i32x4(a, c, 0x88);
    s[1][i] = _mm512_shuffle_i32x4(a, c, 0xDD);
    s[2][i] = _mm512_shuffle_i32x4(b, d, 0x88);
    s[3][i] = _mm512_shuffle_i32x4(b, d, 0xDD);
  }
  CAMBIUM_UNROLL
  for (int i = 0; i < 4; i++) {
    const __m512i a = _mm512_unpacklo_epi32(s[i][0], s[i][1]), b = _mm512_unpackhi_epi32(s[i][0], s[i][1]);
    const __m512i c = _mm512_unpacklo_epi32(s[i][2], s[i][3]), d = _mm512_unpackhi_epi32(s[i][2], s[i][3]);
    v[4 * i] = _mm512_unpacklo_epi64(a, c);
    v[4 * i + 1] = _mm512_unpackhi_epi64(a, c);
    v[4 * i + 2] = _mm512_unpacklo_epi64(b, d);
    v[4 * i + 3] = _mm512_unpackhi_epi64(b, d);
  }
}

// 64 bytes (the first `bytes` of them) of sixteen rows, turned. Of `rows` < 16 rows (not `whole`, a constant) the last
// replaces those that are not there.
CAMBIUM_INLINE void int8_codes(
    const int whole, const uint8_t *p, size_t row_bytes, size_t rows, size_t bytes, __m512i v[16]) {
  const __mmask64 mask = ~(uint64_t)0 >> (64 - bytes);
  CAMBIUM_UNROLL
  for (size_t i = 0; i < 16; i++) {
    const uint8_t *at = p + (whole || i < rows ? i : rows - 1) * row_bytes;
    v[i] = bytes == 64 ? _mm512_loadu_si512(at) : _mm512_maskz_loadu_epi8(mask, at);
  }
  int8_turn(v);
}

// One word of codes of sixteen outputs as unsigned bytes: of 4 bits those of even columns, then the others.
CAMBIUM_INLINE void int8_bytes(const int format, __m512i v, __m512i bytes[2]) {
  static const uint8_t table[16] __attribute__((aligned(16))) = {12, 13, 14, 15, 16, 18, 20, 24,
                                                                 12, 11, 10, 9,  8,  6,  4,  0};
  if (format_bits(format) == 8) {
    bytes[0] = v;
  } else if (format_affine(format)) {
    bytes[0] = _mm512_and_si512(v, _mm512_set1_epi8(15));
    bytes[1] = _mm512_and_si512(_mm512_srli_epi16(v, 4), _mm512_set1_epi8(15));
  } else {
    // The look-up takes six bits of each index: the table is there four times, so that two of them do not matter.
    const __m512i values = _mm512_broadcast_i32x4(_mm_load_si128((const __m128i *)(const void *)table));
    bytes[0] = _mm512_permutexvar_epi8(v, values);
    bytes[1] = _mm512_permutexvar_epi8(_mm512_srli_epi16(v, 4), values);
  }
}

// Scales or biases of `count` <= 16 groups of one row.
CAMBIUM_INLINE __m512 int8_parameters(const int format, int type, const uint8_t *p, size_t count) {
  const __mmask16 mask = (__mmask16)(0xFFFFu >> (16 - count));
  if (format_affine(format)) {
    if (type == CAMBIUM_F32) return _mm512_maskz_loadu_ps(mask, p);
    const __m256i half = _mm256_maskz_loadu_epi16(mask, p);
    if (type == CAMBIUM_F16) return _mm512_cvtph_ps(half);
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(half), 16));
  }
  const __m512i byte = _mm512_cvtepu8_epi32(_mm_maskz_loadu_epi8(mask, p));
  if (format == CAMBIUM_W_MXFP4) {
    return _mm512_castsi512_ps(_mm512_max_epu32(_mm512_slli_epi32(byte, 23), _mm512_set1_epi32(0x00400000)));
  }
  // E4M3: exponent and fraction moved into place, and the sign.
  const __m512i magnitude = _mm512_slli_epi32(_mm512_and_si512(byte, _mm512_set1_epi32(0x7F)), 20);
  const __m512i sign = _mm512_slli_epi32(_mm512_and_si512(byte, _mm512_set1_epi32(0x80)), 24);
  return _mm512_mul_ps(_mm512_castsi512_ps(_mm512_or_si512(magnitude, sign)), _mm512_set1_ps(0x1p120f));
}

CAMBIUM_INLINE size_t int8_parameter_bytes(const int format, int type) {
  return !format_affine(format) ? 1 : type == CAMBIUM_F32 ? 4 : 2;
}

// The same for sixteen outputs: element [g * apart + o] is group g's of output o.
CAMBIUM_INLINE void int8_turn_parameters(
    const int format, int type, const uint8_t *p, size_t row_bytes, size_t rows, size_t count, float *turned,
    const size_t apart) {
  __m512i v[16];
  CAMBIUM_UNROLL
  for (size_t i = 0; i < 16; i++) {
    const uint8_t *at = p + (i < rows ? i : rows - 1) * row_bytes;
    v[i] = _mm512_castps_si512(int8_parameters(format, type, at, count));
  }
  int8_turn(v);
  CAMBIUM_UNROLL
  for (size_t g = 0; g < 16; g++) _mm512_store_si512(turned + g * apart, v[g]);
}
