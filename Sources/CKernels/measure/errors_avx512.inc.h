// Error sums with AVX-512: the 16 lanes are two registers of eight doubles. The functions of errors.inc.h
// take the rare turns.

CAMBIUM_INLINE void avx512_error_add(__m512d sums[8], int half, __m256 x, __m256 y, __m256 d) {
  __m512d a = _mm512_cvtps_pd(x), b = _mm512_cvtps_pd(y), c = _mm512_cvtps_pd(d);
  // The products are exact in double: fused or not, the bits are the same.
  sums[half] = _mm512_fmadd_pd(a, b, sums[half]);
  sums[2 + half] = _mm512_fmadd_pd(a, a, sums[2 + half]);
  sums[4 + half] = _mm512_fmadd_pd(b, b, sums[4 + half]);
  sums[6 + half] = _mm512_fmadd_pd(c, c, sums[6 + half]);
}

static void avx512_error_block(
    const float *x, const float *y, size_t groups, size_t n, const float *low, const float *high, size_t start,
    error_state *state) {
  const __m512i magnitude = _mm512_set1_epi32(0x7FFFFFFF);
  __m512d sums[8];
  for (int k = 0; k < 8; k++) sums[k] = _mm512_loadu_pd(&state->lanes[k / 2][8 * (k & 1)]);
  __m512i top = _mm512_set1_epi32((int)state->largest), largest = _mm512_set1_epi32((int)state->original);
  for (size_t k = 0; k < groups; k++) {
    const float *p = x + k * n, *q = y + k * n;
    __m512 lower = _mm512_set1_ps(low[k]), upper = _mm512_set1_ps(high[k]);
    __m512i original = _mm512_setzero_si512(), decoded = original;
    uint32_t clipped = 0;
    for (size_t i = 0; i < n; i += 16) {
      __m512 a = _mm512_loadu_ps(p + i), b = _mm512_loadu_ps(q + i), d = _mm512_sub_ps(a, b);
      avx512_error_add(
          sums, 0, _mm512_castps512_ps256(a), _mm512_castps512_ps256(b), _mm512_castps512_ps256(d));
      avx512_error_add(
          sums, 1, _mm512_extractf32x8_ps(a, 1), _mm512_extractf32x8_ps(b, 1), _mm512_extractf32x8_ps(d, 1));
      __m512i size = _mm512_and_si512(_mm512_castps_si512(d), magnitude);
      if (__builtin_expect(_mm512_cmpgt_epu32_mask(size, top) != 0, 0)) {
        error_largest(p + i, q + i, 16, start + k * n + i, state);
        top = _mm512_set1_epi32((int)state->largest);
      }
      __mmask16 out = _mm512_cmp_ps_mask(a, lower, _CMP_LT_OQ) | _mm512_cmp_ps_mask(a, upper, _CMP_GT_OQ);
      clipped += (uint32_t)__builtin_popcount(out);
      original = _mm512_max_epu32(original, _mm512_and_si512(_mm512_castps_si512(a), magnitude));
      decoded = _mm512_or_si512(decoded, _mm512_castps_si512(b));
    }
    largest = _mm512_max_epu32(largest, original);
    state->clipped += clipped;
    state->clipped_groups += clipped != 0;
    if (_mm512_test_epi32_mask(decoded, magnitude) == 0) {
      state->zeroed_groups += _mm512_test_epi32_mask(original, original) != 0;
    }
  }
  for (int k = 0; k < 8; k++) _mm512_storeu_pd(&state->lanes[k / 2][8 * (k & 1)], sums[k]);
  uint32_t original = _mm512_reduce_max_epu32(largest);
  state->original = original > state->original ? original : state->original;
}

static void tier_error_block(
    const float *x, const float *y, size_t groups, size_t n, const float *low, const float *high, size_t start,
    error_state *state) {
  if (n == 16) {
    avx512_error_block(x, y, groups, 16, low, high, start, state);
  } else if (n == 32) {
    avx512_error_block(x, y, groups, 32, low, high, start, state);
  } else {
    avx512_error_block(x, y, groups, n, low, high, start, state);
  }
}
