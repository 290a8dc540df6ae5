// f16 and 4-bit codes to lanes with AVX2 and F16C. No guard on purpose.

CAMBIUM_INLINE lanes lanes_of_halves(__m256 low, __m256 high) {
  lanes v;
  memcpy(&v, &low, 32);
  memcpy((char *)&v + 32, &high, 32);
  return v;
}

CAMBIUM_INLINE lanes half_to_lanes(lanes_u16 v) {
  __m128i half[2];
  memcpy(half, &v, 32);
  return lanes_of_halves(_mm256_cvtph_ps(half[0]), _mm256_cvtph_ps(half[1]));
}

CAMBIUM_INLINE __m256 nibble_words(__m256i v, const int n, const int e2m1) {
  const __m256i code = _mm256_srli_epi32(v, 4 * n);
  if (!e2m1) return _mm256_cvtepi32_ps(_mm256_and_si256(code, _mm256_set1_epi32(15)));
  // The permutation reads the three low bits of each index.
  const __m256 magnitude = _mm256_permutevar8x32_ps(_mm256_setr_ps(0, 0.5f, 1, 1.5f, 2, 3, 4, 6), code);
  const __m256i sign = _mm256_and_si256(_mm256_slli_epi32(v, 28 - 4 * n), _mm256_set1_epi32((int)0x80000000));
  return _mm256_or_ps(magnitude, _mm256_castsi256_ps(sign));
}

// Step n of 64 bytes holds bits 4n ... 4n + 3 of each 32-bit word, as an integer or as an E2M1 number.
CAMBIUM_INLINE void nibbles_to_lanes(const uint8_t *p, const int e2m1, lanes w[8]) {
  const __m256i low = _mm256_loadu_si256((const __m256i *)p);
  const __m256i high = _mm256_loadu_si256((const __m256i *)(p + 32));
#pragma unroll
  for (int n = 0; n < 8; n++) w[n] = lanes_of_halves(nibble_words(low, n, e2m1), nibble_words(high, n, e2m1));
}
