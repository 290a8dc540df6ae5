// mx groups with AVX-512: one register holds one group of 32 numbers as bf16, all arithmetic on their bits. As in
// mx.inc.h, f16 and f32 become bf16 with a sticky last bit.

CAMBIUM_INLINE uint32_t avx512_largest(__m512i a) {
  __m256i h = _mm256_max_epu16(_mm512_castsi512_si256(a), _mm512_extracti64x4_epi64(a, 1));
  __m128i q = _mm_max_epu16(_mm256_castsi256_si128(h), _mm256_extracti128_si256(h, 1));
  // minpos finds a minimum: complement in and out.
  q = _mm_minpos_epu16(_mm_xor_si128(q, _mm_set1_epi16(-1)));
  return (uint32_t)(uint16_t)~_mm_cvtsi128_si32(q);
}

// E4M3. q = |w| in units of the scale, as exponent (bits 7 and up, 1 = 2^-6) and 7 fraction bits. In the normal range
// (q >= 128) four bits are rounded away. Below, the middles between sub-normal codes 0 … 8 are q = -384, -192, -96, -32,
// 16, 48, 80, 112, all multiples of 16: looked up like those of E2M1, with d = q + 384.
// Where |w| may be above 448 (`saturates`) the code is then 0x7E.
CAMBIUM_INLINE __m512i avx512_mxfp8(
    __m512i v, __m512i a, int32_t scale, int saturates, __m512i above, __m512i atLeast) {
  int base = (scale << 7) - (7 << 7);
  __m512i q = _mm512_sub_epi16(a, _mm512_set1_epi16((short)base));
  __m512i last = _mm512_and_si512(_mm512_srli_epi16(q, 4), _mm512_set1_epi16(1));
  __m512i code = _mm512_srli_epi16(_mm512_add_epi16(_mm512_add_epi16(q, _mm512_set1_epi16(7)), last), 4);
  if (saturates) code = _mm512_min_epi16(code, _mm512_set1_epi16(0x7E));
  __m512i i = _mm512_srli_epi16(_mm512_subs_epu16(a, _mm512_set1_epi16((short)(base - 384 - 15))), 4);
  __m512i j = _mm512_srli_epi16(_mm512_subs_epu16(a, _mm512_set1_epi16((short)(base - 384))), 4);
  // Index 32 (d = 497 … 511, above the last middle) is left out of the tables: both agree there with d = 496.
  i = _mm512_min_epu16(i, _mm512_set1_epi16(31));
  __m512i small = _mm512_add_epi16(_mm512_permutexvar_epi16(i, above), _mm512_permutexvar_epi16(j, atLeast));
  code = _mm512_mask_mov_epi16(code, _mm512_cmplt_epi16_mask(q, _mm512_set1_epi16(128)), small);
  return _mm512_or_si512(code, _mm512_and_si512(_mm512_srli_epi16(v, 8), _mm512_set1_epi16(0x80)));
}

// The largest magnitude as f32. `amax`: the same as bf16 bits; `low`, `high`: the elements as f32 where they are wider.
CAMBIUM_INLINE float avx512_group_peak(const uint8_t *p, int type, uint32_t amax, __m512i low, __m512i high) {
  if (type == CAMBIUM_BF16) return bits_float(amax << 16);
  if (type == CAMBIUM_F16) {
    __m512i bits = _mm512_and_si512(_mm512_loadu_si512(p), _mm512_set1_epi16(0x7FFF));
    return f16_to_float((uint16_t)avx512_largest(bits));
  }
  __m512i top = _mm512_max_epu32(_mm512_slli_epi32(low, 1), _mm512_slli_epi32(high, 1));
  return bits_float(_mm512_reduce_max_epu32(top) >> 1);
}

CAMBIUM_INLINE ptrdiff_t avx512_mx_groups(
    const uint8_t *input, const cambium_mx_format *format, int type, int bits, int cpu, int round, size_t groups,
    uint8_t *weight, uint8_t *scales) {
  static const uint8_t all4[] = {0, 6, 9, 11, 13, 15, 17}, odd4[] = {0, 9, 13, 17}, even4[] = {6, 11, 15};
  static const uint8_t odd8[] = {0, 18, 25, 29}, even8[] = {12, 22, 27, 31};
  const __m512i above = bits == 8 ? avx512_thresholds(odd8, 4, 1)
                        : cpu     ? avx512_thresholds(all4, 7, 1)
                                  : avx512_thresholds(odd4, 4, 1);
  const __m512i atLeast = bits == 8 ? avx512_thresholds(even8, 4, 0) : avx512_thresholds(even4, 3, 0);
  const size_t bytes = type == CAMBIUM_F32 ? 128 : 64;
  ptrdiff_t outside = 0;
  for (size_t k = 0; k < groups; k++) {
    const uint8_t *p = input + bytes * k;
    __m512i v, low = _mm512_setzero_si512(), high = low;
    if (type == CAMBIUM_BF16) {
      v = _mm512_loadu_si512(p);
    } else {
      low = _mm512_castps_si512(avx512_load16(p, type));
      high = _mm512_castps_si512(avx512_load16(p + bytes / 2, type));
      v = avx512_sticky(low, high);
    }
    __m512i a = _mm512_and_si512(v, _mm512_set1_epi16(0x7FFF));
    uint32_t amax = avx512_largest(a);
    uint8_t *output = weight + k * (size_t)bits * 4;
    // One comparison for both ends: too small, or not finite.
    if (__builtin_expect(amax - CAMBIUM_MX_FAST_FROM >= 0x7F80 - CAMBIUM_MX_FAST_FROM, 0)) {
      if (amax >= 0x7F80) return -1;
      float w[32];
      widen_block(p, type, w, 32);
      outside += mx_group_slow(w, format, output, scales + k);
      continue;
    }
    int32_t scale;
    // By the rule "ceil" only f16 can round the ratio down to a power of two, when it is sub-normal there.
    const int bounded = !round && !(cpu && type == CAMBIUM_F16);
    if (bounded) {
      scale = mx_scale_byte(amax, bits);
    } else {
      scale = mx_exponent(avx512_group_peak(p, type, amax, low, high), format, type, bits, cpu, round) + 127;
    }
    scales[k] = (uint8_t)scale;
    if (bits == 4) {
      __m512i c = avx512_e2m1(v, a, scale, cpu, above, atLeast);
      c = _mm512_or_si512(c, _mm512_srli_epi32(c, 12));
      _mm_storeu_si128((__m128i *)(void *)output, _mm512_cvtepi32_epi8(c));
    } else {
      __m512i c = avx512_mxfp8(v, a, scale, !bounded, above, atLeast);
      _mm256_storeu_si256((__m256i *)(void *)output, _mm512_cvtepi16_epi8(c));
    }
  }
  return outside;
}
