// Affine groups with AVX-512: 16 elements a register, the scales of 16 groups at once.

// Largest of 16 numbers in `high` and smallest in `low`, folded together: the smallest is the largest of the negatives.
CAMBIUM_INLINE void avx512_ends(__m512 low, __m512 high, float *lowest, float *highest) {
  const __m512 sign = _mm512_set1_ps(-0.0f);
  low = _mm512_xor_ps(low, sign);
  __m512 x = _mm512_shuffle_f32x4(high, low, 0x44), y = _mm512_shuffle_f32x4(high, low, 0xEE);
  x = _mm512_max_ps(x, y);
  x = _mm512_max_ps(x, _mm512_shuffle_f32x4(x, x, 0xB1));
  x = _mm512_max_ps(x, _mm512_permute_ps(x, 0x4E));
  x = _mm512_max_ps(x, _mm512_permute_ps(x, 0xB1));
  *highest = _mm512_cvtss_f32(x);
  *lowest = -_mm_cvtss_f32(_mm512_extractf32x4_ps(x, 2));
}

// affine_scale of affine_parts.inc.h for 16 groups.
CAMBIUM_INLINE __m512 avx512_affine_scales(__m512 lo, __m512 hi, float top, int cpu, __m512 *bias) {
  const __m512 sign = _mm512_set1_ps(-0.0f), zero = _mm512_setzero_ps();
  if (!cpu) hi = _mm512_max_ps(hi, zero);
  __m512 s = _mm512_div_ps(_mm512_sub_ps(hi, lo), _mm512_set1_ps(top));
  s = _mm512_max_ps(s, _mm512_set1_ps(1e-7f));
  __mmask16 low = _mm512_cmp_ps_mask(_mm512_andnot_ps(sign, lo), _mm512_andnot_ps(sign, hi), _CMP_GT_OQ);
  s = _mm512_mask_xor_ps(s, (__mmask16)~low, s, sign);
  __m512 edge = _mm512_mask_mov_ps(hi, low, lo);
  __m512 q = _mm512_div_ps(edge, s);
  if (cpu) {
    q = _mm512_roundscale_ps(q, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  } else {
    // Half away: with the number just below 0.5 the sum reaches the next integer exactly from n + 0.5 on.
    __m512 half = _mm512_or_ps(_mm512_and_ps(q, sign), _mm512_set1_ps(0x1.fffffep-2f));
    q = _mm512_roundscale_ps(_mm512_add_ps(q, half), _MM_FROUND_TO_ZERO | _MM_FROUND_NO_EXC);
  }
  __mmask16 moved = _mm512_cmp_ps_mask(q, zero, _CMP_NEQ_UQ);
  *bias = _mm512_maskz_mov_ps(moved, edge);
  return _mm512_mask_div_ps(s, moved, edge, q);
}

CAMBIUM_INLINE void avx512_store_affine(void *output, int type, size_t first, size_t count, __m512 x) {
  __mmask16 mask = (__mmask16)((1u << count) - 1);
  if (type == CAMBIUM_F32) {
    _mm512_mask_storeu_ps((uint8_t *)output + 4 * first, mask, x);
  } else if (type == CAMBIUM_F16) {
    __m256i h = _mm512_cvtps_ph(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
    _mm256_mask_storeu_epi16((uint8_t *)output + 2 * first, mask, h);
  } else {
    __m512i u = _mm512_srli_epi32(_mm512_castps_si512(avx512_rounded(x, CAMBIUM_BF16)), 16);
    _mm256_mask_storeu_epi16((uint8_t *)output + 2 * first, mask, _mm512_cvtepi32_epi16(u));
  }
}

// 16 codes, one in each 32-bit place; the same clamping and rounding as affine_codes in affine.inc.h.
CAMBIUM_INLINE __m512i avx512_affine_codes(__m512 w, __m512 b, __m512 s, __m512 top, int cpu) {
  __m512 q = _mm512_div_ps(_mm512_sub_ps(w, b), s);
  q = _mm512_min_ps(_mm512_max_ps(q, _mm512_setzero_ps()), top);  // max returns its second operand for NaN
  if (cpu) return _mm512_castps_si512(_mm512_add_ps(q, _mm512_set1_ps(0x1p23f)));
  return _mm512_cvttps_epi32(_mm512_add_ps(q, _mm512_set1_ps(0x1.fffffep-2f)));
}

// The codes of a group by multiplying with 1 / scale instead of dividing. Up to 2^bits the product is off by less than
// 2^(bits - 22), so the codes are those of the division unless a product comes that near to a half: then 0.
CAMBIUM_INLINE int avx512_quick_codes(
    const __m512 *w, size_t n, __m512 b, __m512 inverse, __m512 top, int bits, __m512i *codes) {
  const __m512 sign = _mm512_set1_ps(-0.0f);
  __m512 worst = _mm512_setzero_ps();
  for (size_t i = 0; i < n; i++) {
    __m512 q = _mm512_mul_ps(_mm512_sub_ps(w[i], b), inverse);
    q = _mm512_min_ps(_mm512_max_ps(q, _mm512_setzero_ps()), top);
    codes[i] = _mm512_cvtps_epi32(q);
    // q minus its nearest integer.
    worst = _mm512_max_ps(worst, _mm512_andnot_ps(sign, _mm512_reduce_ps(q, 0)));
  }
  float limit = 0.5f - (float)(1 << bits) * 0x1p-22f;
  return _mm512_cmp_ps_mask(worst, _mm512_set1_ps(limit), _CMP_GE_OQ) == 0;
}

// 16 codes of 2, 3, 5 or 6 bits. Unless `exact`, up to 6 bytes after theirs are written too.
CAMBIUM_INLINE void avx512_pack_odd(__m128i codes, int bits, int exact, uint8_t *output) {
  const uint64_t used = 0x0101010101010101 * (uint64_t)((1 << bits) - 1);
  uint64_t low = _pext_u64((uint64_t)_mm_cvtsi128_si64(codes), used);
  uint64_t high = _pext_u64((uint64_t)_mm_extract_epi64(codes, 1), used);
  if (exact) {
    memcpy(output, &low, (size_t)bits);
    memcpy(output + bits, &high, (size_t)bits);
  } else {
    memcpy(output, &low, 8);
    memcpy(output + bits, &high, 8);
  }
}

// Codes of 16 elements into their place; `codes` may have more bits set above the lowest eight.
CAMBIUM_INLINE void avx512_pack(__m512i codes, int bits, int exact, uint8_t *output) {
  __m128i c = _mm512_cvtepi32_epi8(codes);
  if (bits == 4) {
    c = _mm_cvtepi16_epi8(_mm_or_si128(c, _mm_srli_epi16(c, 4)));
    _mm_storel_epi64((__m128i *)(void *)output, c);
  } else if (bits == 8) {
    _mm_storeu_si128((__m128i *)(void *)output, c);
  } else {
    avx512_pack_odd(c, bits, exact, output);
  }
}

CAMBIUM_INLINE void avx512_affine_groups(
    const uint8_t *input, int type, int bits, size_t g, int cpu, size_t groups, uint8_t *weight, void *scales,
    void *biases) {
  const size_t width = type == CAMBIUM_F32 ? 4 : 2, parts = g / 16;
  const float top = (float)((1 << bits) - 1);
  for (size_t first = 0; first < groups; first += 16) {
    size_t count = groups - first < 16 ? groups - first : 16;
    float lows[16] = {0}, highs[16] = {0}, steps[16], inverses[16], edges[16];
    for (size_t j = 0; j < count; j++) {
      const uint8_t *p = input + (first + j) * g * width;
      __m512 low = avx512_load16(p, type), high = low;
      for (size_t i = 1; i < parts; i++) {
        __m512 w = avx512_load16(p + i * 16 * width, type);
        low = _mm512_min_ps(low, w);
        high = _mm512_max_ps(high, w);
      }
      avx512_ends(low, high, lows + j, highs + j);
    }
    __m512 b, s = avx512_affine_scales(_mm512_loadu_ps(lows), _mm512_loadu_ps(highs), top, cpu, &b);
    avx512_store_affine(scales, type, first, count, s);
    avx512_store_affine(biases, type, first, count, b);
    _mm512_storeu_ps(steps, s);
    _mm512_storeu_ps(edges, b);
    _mm512_storeu_ps(inverses, _mm512_div_ps(_mm512_set1_ps(1.0f), s));
    for (size_t j = 0; j < count; j++) {
      const uint8_t *p = input + (first + j) * g * width;
      uint8_t *output = weight + (first + j) * g * (size_t)bits / 8;
      // What is written after a group is written again with the next one.
      const int exact = first + j + 1 == groups;
      const __m512 bias = _mm512_set1_ps(edges[j]), tops = _mm512_set1_ps(top);
      __m512 w[8];
      __m512i codes[8];
      for (size_t i = 0; i < parts; i++) w[i] = avx512_load16(p + i * 16 * width, type);
      // The error bound of the quick way needs an inverse that is a normal number.
      const float size = fabsf(steps[j]);
      if (size < 0x1p-100f || size > 0x1p100f ||
          !avx512_quick_codes(w, parts, bias, _mm512_set1_ps(inverses[j]), tops, bits, codes)) {
        for (size_t i = 0; i < parts; i++) {
          codes[i] = avx512_affine_codes(w[i], bias, _mm512_set1_ps(steps[j]), tops, cpu);
        }
      }
      for (size_t i = 0; i < parts; i++) avx512_pack(codes[i], bits, exact, output + 2 * (size_t)bits * i);
    }
  }
}

// Constant group sizes keep the group in registers.
CAMBIUM_INLINE void affine_groups(
    const uint8_t *input, int type, int bits, size_t g, int cpu, size_t groups, uint8_t *weight, void *scales,
    void *biases) {
  if (g == 32) {
    avx512_affine_groups(input, type, bits, 32, cpu, groups, weight, scales, biases);
  } else if (g == 64) {
    avx512_affine_groups(input, type, bits, 64, cpu, groups, weight, scales, biases);
  } else {
    avx512_affine_groups(input, type, bits, 128, cpu, groups, weight, scales, biases);
  }
}
