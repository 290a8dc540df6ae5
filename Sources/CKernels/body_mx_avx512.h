// mx groups with AVX-512: one register holds one group of 32 bf16 numbers, all arithmetic on their bits.

CAMBIUM_INLINE uint32_t avx512_largest(__m512i a) {
  __m256i h = _mm256_max_epu16(_mm512_castsi512_si256(a), _mm512_extracti64x4_epi64(a, 1));
  __m128i q = _mm_max_epu16(_mm256_castsi256_si128(h), _mm256_extracti128_si256(h, 1));
  // minpos finds a minimum: complement in and out.
  q = _mm_minpos_epu16(_mm_xor_si128(q, _mm_set1_epi16(-1)));
  return (uint32_t)(uint16_t)~_mm_cvtsi128_si32(q);
}

// E2M1. With d = |w| bits - scale bits + 256 the thresholds 0.25 … 5 are d = 0, 192, 288, 352, 416, 480, 544, all
// multiples of 32. "Above t" is (d + 31) / 32 > t / 32 and "at least t" is d / 32 >= t / 32, so a code is looked up
// by these two indices: table `above` counts the thresholds of the first kind, `atLeast` those of the second.
// The scale rule keeps |w| at or below 6, that is both indices below 19.
CAMBIUM_INLINE __m512i avx512_mxfp4(__m512i v, __m512i a, int32_t scale, int cpu, __m512i above, __m512i atLeast) {
  int base = (scale << 7) - 256;
  __m512i i = _mm512_srli_epi16(_mm512_subs_epu16(a, _mm512_set1_epi16((short)(base - 31))), 5);
  __m512i c = _mm512_permutexvar_epi16(i, above);
  __m512i sign = _mm512_and_si512(_mm512_srli_epi16(v, 12), _mm512_set1_epi16(8));
  if (cpu) return _mm512_or_si512(c, _mm512_maskz_mov_epi16(_mm512_test_epi16_mask(c, c), sign));
  __m512i j = _mm512_srli_epi16(_mm512_subs_epu16(a, _mm512_set1_epi16((short)base)), 5);
  return _mm512_or_si512(_mm512_add_epi16(c, _mm512_permutexvar_epi16(j, atLeast)), sign);
}

CAMBIUM_INLINE __m512i avx512_thresholds(const uint8_t *thresholds, int count, int offset) {
  uint16_t table[32];
  for (int i = 0; i < 32; i++) {
    table[i] = 0;
    for (int j = 0; j < count; j++) table[i] += (uint16_t)(i >= thresholds[j] + offset);
  }
  return _mm512_loadu_si512(table);
}

// E4M3. q = |w| in units of the scale, as exponent (bits 7 and up, 1 = 2^-6) and 7 fraction bits. In the normal range
// (q >= 128) four bits are rounded away. Below, the middles between sub-normal codes 0 … 8 are q = -384, -192, -96, -32,
// 16, 48, 80, 112, all multiples of 16: looked up like those of E2M1, with d = q + 384.
CAMBIUM_INLINE __m512i avx512_mxfp8(__m512i v, __m512i a, int32_t scale, __m512i above, __m512i atLeast) {
  int base = (scale << 7) - (7 << 7);
  __m512i q = _mm512_sub_epi16(a, _mm512_set1_epi16((short)base));
  __m512i last = _mm512_and_si512(_mm512_srli_epi16(q, 4), _mm512_set1_epi16(1));
  __m512i code = _mm512_srli_epi16(_mm512_add_epi16(_mm512_add_epi16(q, _mm512_set1_epi16(7)), last), 4);
  __m512i i = _mm512_srli_epi16(_mm512_subs_epu16(a, _mm512_set1_epi16((short)(base - 384 - 15))), 4);
  __m512i j = _mm512_srli_epi16(_mm512_subs_epu16(a, _mm512_set1_epi16((short)(base - 384))), 4);
  // Index 32 (d = 497 … 511, above the last middle) is left out of the tables: both agree there with d = 496.
  i = _mm512_min_epu16(i, _mm512_set1_epi16(31));
  __m512i small = _mm512_add_epi16(_mm512_permutexvar_epi16(i, above), _mm512_permutexvar_epi16(j, atLeast));
  code = _mm512_mask_mov_epi16(code, _mm512_cmplt_epi16_mask(q, _mm512_set1_epi16(128)), small);
  return _mm512_or_si512(code, _mm512_and_si512(_mm512_srli_epi16(v, 8), _mm512_set1_epi16(0x80)));
}

CAMBIUM_INLINE ptrdiff_t avx512_mx_groups(
    const uint8_t *input, int bits, int cpu, size_t groups, uint8_t *weight, uint8_t *scales) {
  static const uint8_t all4[] = {0, 6, 9, 11, 13, 15, 17}, odd4[] = {0, 9, 13, 17}, even4[] = {6, 11, 15};
  static const uint8_t odd8[] = {0, 18, 25, 29}, even8[] = {12, 22, 27, 31};
  const __m512i above = bits == 8 ? avx512_thresholds(odd8, 4, 1)
                        : cpu     ? avx512_thresholds(all4, 7, 1)
                                  : avx512_thresholds(odd4, 4, 1);
  const __m512i atLeast = bits == 8 ? avx512_thresholds(even8, 4, 0) : avx512_thresholds(even4, 3, 0);
  ptrdiff_t outside = 0;
  for (size_t k = 0; k < groups; k++) {
    __m512i v = _mm512_loadu_si512(input + 64 * k);
    __m512i a = _mm512_and_si512(v, _mm512_set1_epi16(0x7FFF));
    uint32_t amax = avx512_largest(a);
    uint8_t *output = weight + k * (size_t)bits * 4;
    // One comparison for both ends: too small, or not finite.
    if (__builtin_expect(amax - CAMBIUM_MX_FAST_FROM >= 0x7F80 - CAMBIUM_MX_FAST_FROM, 0)) {
      if (amax >= 0x7F80) return -1;
      uint16_t copy[32];
      _mm512_storeu_si512(copy, v);
      outside += mx_group_slow(copy, amax, bits, cpu, output, scales + k);
      continue;
    }
    int32_t scale = mx_scale_byte(amax, bits);
    scales[k] = (uint8_t)scale;
    if (bits == 4) {
      __m512i c = avx512_mxfp4(v, a, scale, cpu, above, atLeast);
      c = _mm512_or_si512(c, _mm512_srli_epi32(c, 12));
      _mm_storeu_si128((__m128i *)(void *)output, _mm512_cvtepi32_epi8(c));
    } else {
      _mm256_storeu_si256((__m256i *)(void *)output, _mm512_cvtepi16_epi8(avx512_mxfp8(v, a, scale, above, atLeast)));
    }
  }
  return outside;
}

static ptrdiff_t tier_encode_mx(
    const void *input, int bits, int cpu, size_t groups, uint8_t *weight, uint8_t *scales) {
  if (bits == 4 && cpu) return avx512_mx_groups(input, 4, 1, groups, weight, scales);
  if (bits == 4) return avx512_mx_groups(input, 4, 0, groups, weight, scales);
  if (cpu) return avx512_mx_groups(input, 8, 1, groups, weight, scales);
  return avx512_mx_groups(input, 8, 0, groups, weight, scales);
}
