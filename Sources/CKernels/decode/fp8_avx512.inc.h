// E4M3 blocks with AVX-512, 32 numbers at a time. fp8.inc.h takes what is left over.

CAMBIUM_INLINE __m512i avx512_fp8_bits(const uint8_t *p, __m512 scale) {
  return _mm512_castps_si512(avx512_rounded(_mm512_mul_ps(avx512_e4m3_values(p), scale), CAMBIUM_BF16));
}

CAMBIUM_INLINE size_t avx512_fp8(const uint8_t *codes, size_t n, float scale, uint8_t *output) {
  const __m512 s = _mm512_set1_ps(scale);
  const __m512i exponent = _mm512_set1_epi16(0x7F80);
  const __m256i ones = _mm256_set1_epi8(-1), sign = _mm256_set1_epi8((char)0x80);
  uint32_t bad = 0;
  size_t i = 0;
  for (; i + 32 <= n; i += 32) {
    __m256i v = _mm256_loadu_si256((const __m256i *)(const void *)(codes + i));
    bad |= _mm256_cmpeq_epi8_mask(_mm256_or_si256(v, sign), ones);
    __m512i h = avx512_halves(avx512_fp8_bits(codes + i, s), avx512_fp8_bits(codes + i + 16, s), 16);
    bad |= _mm512_cmpeq_epi16_mask(_mm512_and_si512(h, exponent), exponent);
    _mm512_storeu_si512(output + 2 * i, h);
  }
  return (bad != 0) + fp8_plain(codes + i, n - i, scale, output + 2 * i);
}
