// Codes of E2M1 with AVX-512, 32 numbers at a time, for mx and nvfp4.

// 32 f32 numbers as float_to_sticky returns them.
CAMBIUM_INLINE __m512i avx512_sticky(__m512i low, __m512i high) {
  __m512i cut = _mm512_min_epu16(avx512_halves(low, high, 0), _mm512_set1_epi16(1));
  return _mm512_or_si512(avx512_halves(low, high, 16), cut);
}

// For a look-up of 32 indices: how many thresholds, moved by `offset`, an index reaches.
CAMBIUM_INLINE __m512i avx512_thresholds(const uint8_t *thresholds, int count, int offset) {
  uint16_t table[32];
  for (int i = 0; i < 32; i++) {
    table[i] = 0;
    for (int j = 0; j < count; j++) table[i] += (uint16_t)(i >= thresholds[j] + offset);
  }
  return _mm512_loadu_si512(table);
}

// E2M1. With d = |w| bits - scale bits + 256 the thresholds 0.25 … 5 are d = 0, 192, 288, 352, 416, 480, 544, all
// multiples of 32. "Above t" is (d + 31) / 32 > t / 32 and "at least t" is d / 32 >= t / 32, so a code is looked up
// by these two indices: table `above` counts the thresholds of the first kind, `atLeast` those of the second.
// The scale rules keep |w| below 16, that is both indices below 32.
CAMBIUM_INLINE __m512i avx512_e2m1(__m512i v, __m512i a, int32_t scale, int cpu, __m512i above, __m512i atLeast) {
  int base = (scale << 7) - 256;
  __m512i i = _mm512_srli_epi16(_mm512_subs_epu16(a, _mm512_set1_epi16((short)(base - 31))), 5);
  __m512i c = _mm512_permutexvar_epi16(i, above);
  __m512i sign = _mm512_and_si512(_mm512_srli_epi16(v, 12), _mm512_set1_epi16(8));
  if (cpu) return _mm512_or_si512(c, _mm512_maskz_mov_epi16(_mm512_test_epi16_mask(c, c), sign));
  __m512i j = _mm512_srli_epi16(_mm512_subs_epu16(a, _mm512_set1_epi16((short)base)), 5);
  return _mm512_or_si512(_mm512_add_epi16(c, _mm512_permutexvar_epi16(j, atLeast)), sign);
}
