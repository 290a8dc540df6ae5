// Decoding with AVX-512, 16 elements a register. packed.inc.h decodes the groups whose scale asks for a further
// rounding.

// 16 codes of `bits` bits, one in each 32-bit place, from 2 * bits bytes.
CAMBIUM_INLINE __m512i avx512_codes16(const uint8_t *p, int bits, __m512i pick, __m512i shift) {
  if (bits == 8) return _mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)(const void *)p));
  __m512i v = _mm512_broadcast_i32x4(_mm_maskz_loadu_epi8((__mmask16)((1 << 2 * bits) - 1), p));
  v = _mm512_srlv_epi32(_mm512_shuffle_epi8(v, pick), shift);
  return _mm512_and_si512(v, _mm512_set1_epi32((1 << bits) - 1));
}

// For avx512_codes16: which two bytes hold code i, and by how many bits it is shifted up in them.
CAMBIUM_INLINE void avx512_code_places(int bits, __m512i *pick, __m512i *shift) {
  uint32_t bytes[16], steps[16];
  for (uint32_t i = 0; i < 16; i++) {
    uint32_t at = i * (uint32_t)bits;
    bytes[i] = at / 8 | (at / 8 + 1) << 8 | 0x80800000u;
    steps[i] = at % 8;
  }
  *pick = _mm512_loadu_si512(bytes);
  *shift = _mm512_loadu_si512(steps);
}

CAMBIUM_INLINE __m512 avx512_affine_values(__m512i codes, __m512 s, __m512 b, int type) {
  __m512 product = avx512_rounded(_mm512_mul_ps(_mm512_cvtepi32_ps(codes), s), type);
  return avx512_rounded(_mm512_add_ps(product, b), type);
}

CAMBIUM_INLINE void avx512_decode_affine(
    int bits, int type, size_t n, size_t groups, const uint8_t *weight, const void *scales, const void *biases,
    float *output) {
  const __m512i count = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  size_t bytes = n * (size_t)bits / 8;
  __m512i pick, shift;
  avx512_code_places(bits, &pick, &shift);
  for (size_t k = 0; k < groups; k++) {
    float s = stored_number(scales, type, k), b = stored_number(biases, type, k);
    const uint8_t *p = weight + k * bytes;
    if (__builtin_expect(!isfinite(s) || !isfinite(b), 0)) {
      decode_affine_group(p, bits, n, type, s, b, output + k * n);
      continue;
    }
    __m512 scale = _mm512_set1_ps(s), bias = _mm512_set1_ps(b);
    // Up to 4 bits the 16 values that there can be are worked out once for the group.
    __m512 values = bits <= 4 ? avx512_affine_values(count, scale, bias, type) : _mm512_setzero_ps();
    for (size_t i = 0; i < n; i += 16) {
      __m512i codes = avx512_codes16(p + i * (size_t)bits / 8, bits, pick, shift);
      __m512 y = bits <= 4 ? _mm512_permutexvar_ps(codes, values) : avx512_affine_values(codes, scale, bias, type);
      _mm512_storeu_ps(output + k * n + i, y);
    }
  }
}

// E2M1: 16 bytes hold 32 elements, even ones in the low halves.
CAMBIUM_INLINE void avx512_decode_e2m1(const uint8_t *p, __m512 values, __m512 low_scale, __m512 high_scale, float *output) {
  const __m512i first = _mm512_setr_epi32(0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
  const __m512i second = _mm512_setr_epi32(8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
  __m512i pairs = _mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)(const void *)p));
  // The look-up takes the lowest four bits of its index.
  __m512 even = _mm512_permutexvar_ps(pairs, values);
  __m512 odd = _mm512_permutexvar_ps(_mm512_srli_epi32(pairs, 4), values);
  _mm512_storeu_ps(output, _mm512_mul_ps(_mm512_permutex2var_ps(even, first, odd), low_scale));
  _mm512_storeu_ps(output + 16, _mm512_mul_ps(_mm512_permutex2var_ps(even, second, odd), high_scale));
}

CAMBIUM_INLINE void avx512_decode_blocks(
    int mode, int type, size_t groups, const uint8_t *weight, const uint8_t *scales, float *output) {
  const __m512 values = _mm512_setr_ps(
      0.0f, 0.5f, 1.0f, 1.5f, 2.0f, 3.0f, 4.0f, 6.0f, -0.0f, -0.5f, -1.0f, -1.5f, -2.0f, -3.0f, -4.0f, -6.0f);
  if (mode == CAMBIUM_NVFP4) {
    size_t k = 0;
    for (; k + 2 <= groups; k += 2) {
      __m512 low = _mm512_set1_ps(block_scale(mode, scales[k])), high = _mm512_set1_ps(block_scale(mode, scales[k + 1]));
      avx512_decode_e2m1(weight + 8 * k, values, low, high, output + 16 * k);
    }
    if (k < groups) decode_block_group(weight + 8 * k, mode, 16, type, scales[k], output + 16 * k);
    return;
  }
  size_t bytes = mode == CAMBIUM_MXFP8 ? 32 : 16;
  for (size_t k = 0; k < groups; k++) {
    if (__builtin_expect(!exact_scale(mode, type, scales[k]), 0)) {
      decode_block_group(weight + bytes * k, mode, 32, type, scales[k], output + 32 * k);
      continue;
    }
    __m512 scale = _mm512_set1_ps(e8m0_to_float(scales[k]));
    if (mode == CAMBIUM_MXFP4) {
      avx512_decode_e2m1(weight + 16 * k, values, scale, scale, output + 32 * k);
    } else {
      _mm512_storeu_ps(output + 32 * k, _mm512_mul_ps(avx512_e4m3_values(weight + 32 * k), scale));
      _mm512_storeu_ps(output + 32 * k + 16, _mm512_mul_ps(avx512_e4m3_values(weight + 32 * k + 16), scale));
    }
  }
}

CAMBIUM_INLINE void avx512_affine_bits(
    int bits, int type, size_t n, size_t groups, const uint8_t *w, const void *s, const void *b, float *output) {
  if (type == CAMBIUM_BF16) {
    avx512_decode_affine(bits, CAMBIUM_BF16, n, groups, w, s, b, output);
  } else if (type == CAMBIUM_F16) {
    avx512_decode_affine(bits, CAMBIUM_F16, n, groups, w, s, b, output);
  } else {
    avx512_decode_affine(bits, CAMBIUM_F32, n, groups, w, s, b, output);
  }
}

static void tier_decode(
    const cambium_packed_format *f, size_t groups, const uint8_t *weight, const void *scales, const void *biases,
    float *output) {
  size_t n = f->group_size;
  if (f->mode != CAMBIUM_AFFINE && f->type == CAMBIUM_F16) {
    plain_decode(f, f->mode, CAMBIUM_F16, n, groups, weight, scales, biases, output);
  } else if (f->mode == CAMBIUM_MXFP4) {
    avx512_decode_blocks(CAMBIUM_MXFP4, f->type, groups, weight, scales, output);
  } else if (f->mode == CAMBIUM_MXFP8) {
    avx512_decode_blocks(CAMBIUM_MXFP8, f->type, groups, weight, scales, output);
  } else if (f->mode == CAMBIUM_NVFP4) {
    avx512_decode_blocks(CAMBIUM_NVFP4, f->type, groups, weight, scales, output);
  } else if (f->bits == 2) {
    avx512_affine_bits(2, f->type, n, groups, weight, scales, biases, output);
  } else if (f->bits == 3) {
    avx512_affine_bits(3, f->type, n, groups, weight, scales, biases, output);
  } else if (f->bits == 4) {
    avx512_affine_bits(4, f->type, n, groups, weight, scales, biases, output);
  } else if (f->bits == 5) {
    avx512_affine_bits(5, f->type, n, groups, weight, scales, biases, output);
  } else if (f->bits == 6) {
    avx512_affine_bits(6, f->type, n, groups, weight, scales, biases, output);
  } else {
    avx512_affine_bits(8, f->type, n, groups, weight, scales, biases, output);
  }
}
