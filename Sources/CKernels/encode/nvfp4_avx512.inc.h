// nvfp4 groups with AVX-512: scales of 16 groups at once, then two groups of 16 f32 numbers at a time, whose quotients go
// through the look-up of e2m1_avx512.inc.h together. nvfp4.inc.h takes what is left over.

// Largest magnitude of 16 elements.
CAMBIUM_INLINE float avx512_peak16(const uint8_t *p, int type) {
  if (type == CAMBIUM_F32) {
    __m512i bits = _mm512_and_si512(_mm512_loadu_si512(p), _mm512_set1_epi32(0x7FFFFFFF));
    return bits_float(_mm512_reduce_max_epu32(bits));
  }
  __m256i a = _mm256_and_si256(_mm256_loadu_si256((const __m256i *)(const void *)p), _mm256_set1_epi16(0x7FFF));
  __m128i q = _mm_max_epu16(_mm256_castsi256_si128(a), _mm256_extracti128_si256(a, 1));
  // minpos finds a minimum: complement in and out.
  uint16_t top = (uint16_t)~_mm_cvtsi128_si32(_mm_minpos_epu16(_mm_xor_si128(q, _mm_set1_epi16(-1))));
  return type == CAMBIUM_BF16 ? bf16_to_float(top) : f16_to_float(top);
}

// float_to_e4m3 for 16 numbers that are not negative.
CAMBIUM_INLINE __m512i avx512_e4m3_codes(__m512 x) {
  __m512i a = _mm512_castps_si512(x);
  __m512i small = _mm512_castps_si512(_mm512_add_ps(x, _mm512_set1_ps(0x1p14f)));
  small = _mm512_sub_epi32(small, _mm512_set1_epi32(0x46800000));
  __m512i last = _mm512_and_si512(_mm512_srli_epi32(a, 20), _mm512_set1_epi32(1));
  __m512i code = _mm512_add_epi32(_mm512_add_epi32(a, _mm512_set1_epi32(0x7FFFF - 0x3C000000)), last);
  code = _mm512_srli_epi32(code, 20);
  code = _mm512_mask_mov_epi32(code, _mm512_cmplt_epu32_mask(a, _mm512_set1_epi32(0x3C800000)), small);
  return _mm512_mask_mov_epi32(
      code, _mm512_cmpge_epu32_mask(a, _mm512_set1_epi32(0x43E00000)), _mm512_set1_epi32(0x7E));
}

// Scale bytes of 16 groups, what their elements are multiplied by (Metal) or divided by (CPU backend), and a mask of the
// groups at the ends of the scale, which the CPU backend treats otherwise.
CAMBIUM_INLINE __mmask16 avx512_nvfp4_scales(
    const uint8_t *p, int type, int cpu, uint8_t *scales, float factors[16]) {
  const size_t bytes = type == CAMBIUM_F32 ? 64 : 32;
  float peaks[16];
  for (size_t j = 0; j < 16; j++) peaks[j] = avx512_peak16(p + bytes * j, type);
  __m512 ratio = _mm512_div_ps(_mm512_loadu_ps(peaks), _mm512_set1_ps(6.0f));
  __m512i codes = avx512_e4m3_codes(cpu ? avx512_rounded(ratio, type) : ratio);
  _mm_storeu_si128((__m128i *)(void *)scales, _mm512_cvtepi32_epi8(codes));
  __m512 s = avx512_e4m3_values(scales);
  __mmask16 zero = _mm512_testn_epi32_mask(codes, codes);
  if (!cpu) s = _mm512_maskz_div_ps((__mmask16)~zero, _mm512_set1_ps(1.0f), s);
  _mm512_storeu_ps(factors, s);
  return zero | _mm512_cmpeq_epi32_mask(codes, _mm512_set1_epi32(0x7E));
}

CAMBIUM_INLINE __m512i avx512_nvfp4_quotient(const uint8_t *p, float factor, int type, int cpu) {
  __m512 w = avx512_load16(p, type), f = _mm512_set1_ps(factor);
  return _mm512_castps_si512(cpu ? avx512_rounded(_mm512_div_ps(w, f), type) : _mm512_mul_ps(w, f));
}

CAMBIUM_INLINE void avx512_nvfp4_groups(
    const uint8_t *input, int type, int cpu, size_t groups, uint8_t *weight, uint8_t *scales) {
  static const uint8_t all4[] = {0, 6, 9, 11, 13, 15, 17}, odd4[] = {0, 9, 13, 17}, even4[] = {6, 11, 15};
  const __m512i above = cpu ? avx512_thresholds(all4, 7, 1) : avx512_thresholds(odd4, 4, 1);
  const __m512i atLeast = avx512_thresholds(even4, 3, 0);
  const __m512i most = _mm512_set1_epi16(0x4180);  // 16: nothing is decided beyond, and the look-up ends there
  const size_t bytes = type == CAMBIUM_F32 ? 64 : 32;
  size_t whole = groups & ~(size_t)15;
  for (size_t first = 0; first < whole; first += 16) {
    float factors[16];
    __mmask16 edges = avx512_nvfp4_scales(input + bytes * first, type, cpu, scales + first, factors);
    for (size_t j = 0; j < 16; j += 2) {
      const uint8_t *p = input + bytes * (first + j);
      uint8_t *output = weight + 8 * (first + j);
      if (cpu && __builtin_expect(edges >> j & 3, 0)) {
        nvfp4_groups(p, type, 1, 2, output, scales + first + j);
        continue;
      }
      __m512i v = avx512_sticky(
          avx512_nvfp4_quotient(p, factors[j], type, cpu), avx512_nvfp4_quotient(p + bytes, factors[j + 1], type, cpu));
      __m512i a = _mm512_min_epu16(_mm512_and_si512(v, _mm512_set1_epi16(0x7FFF)), most);
      __m512i c = avx512_e2m1(v, a, 127, cpu, above, atLeast);
      c = _mm512_or_si512(c, _mm512_srli_epi32(c, 12));
      _mm_storeu_si128((__m128i *)(void *)output, _mm512_cvtepi32_epi8(c));
    }
  }
  nvfp4_groups(input + bytes * whole, type, cpu, groups - whole, weight + 8 * whole, scales + whole);
}
