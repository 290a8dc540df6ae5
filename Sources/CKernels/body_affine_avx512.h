// Affine groups with AVX-512: 16 elements a register, a whole group in two to eight of them.

CAMBIUM_INLINE __m512 avx512_load16(const uint8_t *p, int type) {
  if (type == CAMBIUM_F32) return _mm512_loadu_ps(p);
  __m256i h = _mm256_loadu_si256((const __m256i *)(const void *)p);
  if (type == CAMBIUM_F16) return _mm512_cvtph_ps(h);
  return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(h), 16));
}

// 16 codes, one a byte; the same clamping and rounding as affine_codes in body_affine.h.
CAMBIUM_INLINE __m128i avx512_affine_codes(__m512 w, __m512 b, __m512 s, __m512 top, int cpu) {
  __m512 q = _mm512_div_ps(_mm512_sub_ps(w, b), s);
  q = _mm512_min_ps(_mm512_max_ps(q, _mm512_setzero_ps()), top);  // max gives its second operand for NaN
  if (cpu) return _mm512_cvtepi32_epi8(_mm512_castps_si512(_mm512_add_ps(q, _mm512_set1_ps(0x1p23f))));
  return _mm512_cvtepi32_epi8(_mm512_cvttps_epi32(_mm512_add_ps(q, _mm512_set1_ps(0x1.fffffep-2f))));
}

// 16 codes of 2, 3, 5 or 6 bits. Unless `exact`, up to 6 bytes after theirs are written too.
CAMBIUM_INLINE void avx512_pack_odd(__m128i codes, int bits, int exact, uint8_t *output) {
  const uint64_t used = 0x0101010101010101 * (uint64_t)((1 << bits) - 1);
  uint64_t low = _pext_u64((uint64_t)_mm_cvtsi128_si64(codes), used);
  uint64_t high = _pext_u64((uint64_t)_mm_extract_epi64(codes, 1), used);
  if (exact) {
    memcpy(output, &low, (size_t)bits);
    memcpy(output + bits, &high, (size_t)bits);
  } else {
    memcpy(output, &low, 8);
    memcpy(output + bits, &high, 8);
  }
}

CAMBIUM_INLINE void avx512_affine_groups(
    const uint8_t *input, int type, int bits, size_t g, int cpu, size_t groups, uint8_t *weight, void *scales,
    void *biases) {
  size_t width = type == CAMBIUM_F32 ? 4 : 2;
  float top = (float)((1 << bits) - 1);
  for (size_t k = 0; k < groups; k++) {
    const uint8_t *p = input + k * g * width;
    __m512 w[8];
    w[0] = avx512_load16(p, type);
    __m512 low = w[0], high = w[0];
    for (size_t i = 1; i < g / 16; i++) {
      w[i] = avx512_load16(p + i * 16 * width, type);
      low = _mm512_min_ps(low, w[i]);
      high = _mm512_max_ps(high, w[i]);
    }
    float s, b;
    affine_scale(_mm512_reduce_min_ps(low), _mm512_reduce_max_ps(high), top, cpu, &s, &b);
    uint8_t *output = weight + k * g * (size_t)bits / 8;
    // What is written after a group is written again with the next one.
    const int exact = k + 1 == groups;
    for (size_t i = 0; i < g / 16; i++) {
      __m128i c = avx512_affine_codes(w[i], _mm512_set1_ps(b), _mm512_set1_ps(s), _mm512_set1_ps(top), cpu);
      if (bits == 4) {
        c = _mm_cvtepi16_epi8(_mm_or_si128(c, _mm_srli_epi16(c, 4)));
        _mm_storel_epi64((__m128i *)(void *)(output + 8 * i), c);
      } else if (bits != 8) {
        avx512_pack_odd(c, bits, exact, output + 2 * (size_t)bits * i);
      } else {
        _mm_storeu_si128((__m128i *)(void *)(output + 16 * i), c);
      }
    }
    store_affine(scales, type, k, s);
    store_affine(biases, type, k, b);
  }
}

// Constant group sizes keep the group in registers.
CAMBIUM_INLINE void affine_groups(
    const uint8_t *input, int type, int bits, size_t g, int cpu, size_t groups, uint8_t *weight, void *scales,
    void *biases) {
  if (g == 32) {
    avx512_affine_groups(input, type, bits, 32, cpu, groups, weight, scales, biases);
  } else if (g == 64) {
    avx512_affine_groups(input, type, bits, 64, cpu, groups, weight, scales, biases);
  } else {
    avx512_affine_groups(input, type, bits, 128, cpu, groups, weight, scales, biases);
  }
}
