// f16 and 4-bit codes to lanes with AVX2 and F16C.

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

// 64 bytes of codes of 2 or 4 bits: step n of a unit holds bits [n * bits, (n + 1) * bits) of each 32-bit word.
typedef struct {
  __m256i low, high;
} unit_codes;

CAMBIUM_INLINE unit_codes unit_load(const int format, const uint8_t *p) {
  (void)format;
  return (unit_codes){_mm256_loadu_si256((const __m256i *)p), _mm256_loadu_si256((const __m256i *)(p + 32))};
}

CAMBIUM_INLINE __m256 unit_half_step(const int format, __m256i v, const int n) {
  if (format == CAMBIUM_W_AFFINE2) {
    return _mm256_cvtepi32_ps(_mm256_and_si256(_mm256_srli_epi32(v, 2 * n), _mm256_set1_epi32(3)));
  }
  const __m256i code = _mm256_srli_epi32(v, 4 * n);
  if (format == CAMBIUM_W_AFFINE4) return _mm256_cvtepi32_ps(_mm256_and_si256(code, _mm256_set1_epi32(15)));
  // The permutation reads the three low bits of each index.
  const __m256 magnitude = _mm256_permutevar8x32_ps(_mm256_setr_ps(0, 0.5f, 1, 1.5f, 2, 3, 4, 6), code);
  const __m256i sign = _mm256_and_si256(_mm256_slli_epi32(v, 28 - 4 * n), _mm256_set1_epi32((int)0x80000000));
  return _mm256_or_ps(magnitude, _mm256_castsi256_ps(sign));
}

CAMBIUM_INLINE lanes unit_step(const int format, const unit_codes *c, const int n) {
  return lanes_of_halves(unit_half_step(format, c->low, n), unit_half_step(format, c->high, n));
}
