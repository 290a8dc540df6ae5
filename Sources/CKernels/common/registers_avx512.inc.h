// Numbers in AVX-512 registers, for encoders and decoders.

// Sixteen elements as f32.
CAMBIUM_INLINE __m512 avx512_load16(const uint8_t *p, int type) {
  if (type == CAMBIUM_F32) return _mm512_loadu_ps(p);
  __m256i h = _mm256_loadu_si256((const __m256i *)(const void *)p);
  if (type == CAMBIUM_F16) return _mm512_cvtph_ps(h);
  return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(h), 16));
}

// Nearest even, for numbers that are not NaN.
CAMBIUM_INLINE __m512 avx512_rounded(__m512 x, int type) {
  if (type == CAMBIUM_F32) return x;
  if (type == CAMBIUM_F16) return _mm512_cvtph_ps(_mm512_cvtps_ph(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC));
  __m512i u = _mm512_castps_si512(x);
  __m512i last = _mm512_and_si512(_mm512_srli_epi32(u, 16), _mm512_set1_epi32(1));
  u = _mm512_add_epi32(_mm512_add_epi32(u, _mm512_set1_epi32(0x7FFF)), last);
  return _mm512_castsi512_ps(_mm512_and_si512(u, _mm512_set1_epi32((int)0xFFFF0000)));
}

// E4M3 as f16 bits: the exponent is then 8 too small, and sub-normals stay sub-normal.
CAMBIUM_INLINE __m512 avx512_e4m3_values(const uint8_t *p) {
  __m256i v = _mm256_cvtepu8_epi16(_mm_loadu_si128((const __m128i *)(const void *)p));
  __m256i magnitude = _mm256_slli_epi16(_mm256_and_si256(v, _mm256_set1_epi16(0x7F)), 7);
  __m256i sign = _mm256_slli_epi16(_mm256_and_si256(v, _mm256_set1_epi16(0x80)), 8);
  return _mm512_mul_ps(_mm512_cvtph_ps(_mm256_or_si256(magnitude, sign)), _mm512_set1_ps(256.0f));
}

// Bits 16 … 31 of 32 numbers, or (`from` 0) bits 0 … 15.
CAMBIUM_INLINE __m512i avx512_halves(__m512i low, __m512i high, int from) {
  const __m512i upper = _mm512_set_epi16(
      63, 61, 59, 57, 55, 53, 51, 49, 47, 45, 43, 41, 39, 37, 35, 33, 31, 29, 27, 25, 23, 21, 19, 17, 15, 13, 11, 9, 7,
      5, 3, 1);
  const __m512i lower = _mm512_set_epi16(
      62, 60, 58, 56, 54, 52, 50, 48, 46, 44, 42, 40, 38, 36, 34, 32, 30, 28, 26, 24, 22, 20, 18, 16, 14, 12, 10, 8, 6,
      4, 2, 0);
  return _mm512_permutex2var_epi16(low, from ? upper : lower, high);
}
