// Codes of one mx group with AVX2: two registers of 16 numbers, all arithmetic on their bits. As mx_parts.inc.h.

CAMBIUM_INLINE __m256i avx2_load(const void *p) { return _mm256_loadu_si256((const __m256i *)p); }

CAMBIUM_INLINE uint32_t mx_peak(const uint16_t v[32]) {
  const __m256i magnitude = _mm256_set1_epi16(0x7FFF);
  __m256i a = _mm256_max_epu16(
      _mm256_and_si256(avx2_load(v), magnitude), _mm256_and_si256(avx2_load(v + 16), magnitude));
  __m128i q = _mm_max_epu16(_mm256_castsi256_si128(a), _mm256_extracti128_si256(a, 1));
  // minpos finds a minimum: complement in and out.
  q = _mm_minpos_epu16(_mm_xor_si128(q, _mm_set1_epi16(-1)));
  return (uint32_t)(uint16_t)~_mm_cvtsi128_si32(q);
}

// Thresholds 0.25 … 5 times the scale as bf16 bits, for "above". Metal takes the even code in a tie: "at least t" is
// "above t - 1" for every second one.
CAMBIUM_INLINE __m256i avx2_mxfp4(__m256i v, int32_t scale, int cpu) {
  static const short distances[7] = {-256, -64, 32, 96, 160, 224, 288};
  __m256i a = _mm256_and_si256(v, _mm256_set1_epi16(0x7FFF)), c = _mm256_setzero_si256();
  for (int i = 0; i < 7; i++) {
    short t = (short)((scale << 7) + distances[i] - (cpu ? 0 : i & 1));
    c = _mm256_sub_epi16(c, _mm256_cmpgt_epi16(a, _mm256_set1_epi16(t)));
  }
  __m256i sign = _mm256_and_si256(_mm256_srli_epi16(v, 12), _mm256_set1_epi16(8));
  if (cpu) sign = _mm256_andnot_si256(_mm256_cmpeq_epi16(c, _mm256_setzero_si256()), sign);
  return _mm256_or_si256(c, sign);
}

CAMBIUM_INLINE void mxfp4_codes(const uint16_t v[32], int32_t scale, int cpu, uint8_t *output) {
  __m256i low = avx2_mxfp4(avx2_load(v), scale, cpu), high = avx2_mxfp4(avx2_load(v + 16), scale, cpu);
  // Two codes a 32-bit place become one byte.
  const __m256i byte = _mm256_set1_epi32(0xFF);
  low = _mm256_and_si256(_mm256_or_si256(low, _mm256_srli_epi32(low, 12)), byte);
  high = _mm256_and_si256(_mm256_or_si256(high, _mm256_srli_epi32(high, 12)), byte);
  __m256i c = _mm256_permute4x64_epi64(_mm256_packus_epi32(low, high), 0xD8);
  __m128i packed = _mm_packus_epi16(_mm256_castsi256_si128(c), _mm256_extracti128_si256(c, 1));
  _mm_storeu_si128((__m128i *)(void *)output, packed);
}

// q = |w| in units of the scale, as exponent (bits 7 and up, 1 = 2^-6) and 7 fraction bits, four of which are rounded
// away. `small` collects where q is below 1.
CAMBIUM_INLINE __m256i avx2_mxfp8(__m256i v, int32_t scale, __m256i *small) {
  __m256i a = _mm256_and_si256(v, _mm256_set1_epi16(0x7FFF));
  __m256i q = _mm256_sub_epi16(a, _mm256_set1_epi16((short)((scale - 7) << 7)));
  *small = _mm256_or_si256(*small, _mm256_cmpgt_epi16(_mm256_set1_epi16(128), q));
  __m256i last = _mm256_and_si256(_mm256_srli_epi16(q, 4), _mm256_set1_epi16(1));
  __m256i code = _mm256_srai_epi16(_mm256_add_epi16(_mm256_add_epi16(q, _mm256_set1_epi16(7)), last), 4);
  code = _mm256_min_epi16(code, _mm256_set1_epi16(0x7E));
  return _mm256_or_si256(code, _mm256_and_si256(_mm256_srli_epi16(v, 8), _mm256_set1_epi16(0x80)));
}

CAMBIUM_INLINE void mxfp8_codes(const uint16_t v[32], int32_t scale, uint8_t *output) {
  __m256i small = _mm256_setzero_si256();
  __m256i low = avx2_mxfp8(avx2_load(v), scale, &small), high = avx2_mxfp8(avx2_load(v + 16), scale, &small);
  if (__builtin_expect(_mm256_testz_si256(small, small), 1)) {
    __m256i c = _mm256_permute4x64_epi64(_mm256_packus_epi16(low, high), 0xD8);
    _mm256_storeu_si256((__m256i *)(void *)output, c);
    return;
  }
  // Multiplying by a power of two is the same as dividing.
  float inverse = power_of_two(127 - scale);
  for (int i = 0; i < 32; i++) output[i] = (uint8_t)float_to_e4m3(bf16_to_float(v[i]) * inverse);
}
