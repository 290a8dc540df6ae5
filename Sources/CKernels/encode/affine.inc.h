// Affine groups, for one tier, left to the compiler to vectorise: the scales of 16 groups at once, then the codes.

enum { AFFINE_BATCH = 16 };

CAMBIUM_INLINE void affine_ends(const float *w, size_t n, float *low, float *high) {
  float lows[16], highs[16];
  for (size_t j = 0; j < 16; j++) {
    lows[j] = w[j];
    highs[j] = w[j];
  }
  for (size_t i = 16; i < n; i += 16) {
    for (size_t j = 0; j < 16; j++) {
      float v = w[i + j];
      lows[j] = v < lows[j] ? v : lows[j];
      highs[j] = v > highs[j] ? v : highs[j];
    }
  }
  for (size_t half = 8; half > 0; half /= 2) {
    for (size_t j = 0; j < half; j++) {
      lows[j] = lows[j + half] < lows[j] ? lows[j + half] : lows[j];
      highs[j] = highs[j + half] > highs[j] ? highs[j + half] : highs[j];
    }
  }
  *low = lows[0];
  *high = highs[0];
}

CAMBIUM_INLINE void affine_codes(const float *w, size_t n, float b, float s, float top, int cpu, uint8_t *codes) {
  for (size_t i = 0; i < n; i++) {
    float q = (w[i] - b) / s;
    // Clamping first changes nothing (both ends are integers) and turns NaN into 0.
    q = q > 0.0f ? q : 0.0f;
    q = q < top ? q : top;
    if (cpu) {
      codes[i] = (uint8_t)float_bits(q + 0x1p23f);  // half to even: 2^23 has an ulp of 1
    } else {
      // Half away. Not q + 0.5, which would round 0.49999997 up to 1: with the number just below 0.5 the sum
      // reaches the next integer exactly from n + 0.5 on.
      codes[i] = (uint8_t)(int32_t)(q + 0x1.fffffep-2f);
    }
  }
}

// The codes by multiplying with 1 / scale instead of dividing. Up to 2^bits the product is off by less than 2^(bits - 22),
// so the codes are those of the division unless a product comes that near to a half: then 0. The error bound needs an
// inverse that is a normal number.
CAMBIUM_INLINE int affine_quick_codes(
    const float *w, size_t n, float b, float s, float inverse, float top, int bits, uint8_t *codes) {
  if (fabsf(s) < 0x1p-100f || fabsf(s) > 0x1p100f) return 0;
  uint32_t worst = 0;
  for (size_t i = 0; i < n; i++) {
    float q = (w[i] - b) * inverse;
    q = q > 0.0f ? q : 0.0f;
    q = q < top ? q : top;
    float moved = q + 0x1p23f;
    uint32_t off = float_bits(q - (moved - 0x1p23f)) & 0x7FFFFFFF;
    worst = off > worst ? off : worst;
    codes[i] = (uint8_t)float_bits(moved);
  }
  return worst < float_bits(0.5f - (float)(1 << bits) * 0x1p-22f);
}

CAMBIUM_INLINE void affine_groups(
    const uint8_t *input, int type, int bits, size_t g, int cpu, size_t groups, uint8_t *weight, void *scales,
    void *biases) {
  const size_t width = type == CAMBIUM_F32 ? 4 : 2;
  const float top = (float)((1 << bits) - 1);
  float w[AFFINE_BATCH * 128];
  for (size_t first = 0; first < groups; first += AFFINE_BATCH) {
    size_t count = groups - first < AFFINE_BATCH ? groups - first : AFFINE_BATCH;
    float lows[AFFINE_BATCH] = {0}, highs[AFFINE_BATCH] = {0};
    float s[AFFINE_BATCH], b[AFFINE_BATCH], inverses[AFFINE_BATCH];
    widen_block(input + first * g * width, type, w, count * g);
    for (size_t j = 0; j < count; j++) affine_ends(w + j * g, g, lows + j, highs + j);
    for (size_t j = 0; j < AFFINE_BATCH; j++) {
      affine_scale(lows[j], highs[j], top, cpu, s + j, b + j);
      inverses[j] = 1.0f / s[j];
    }
    for (size_t j = 0; j < count; j++) {
      uint8_t codes[128];
      if (!affine_quick_codes(w + j * g, g, b[j], s[j], inverses[j], top, bits, codes)) {
        affine_codes(w + j * g, g, b[j], s[j], top, cpu, codes);
      }
      pack_codes(codes, g, bits, weight + (first + j) * g * (size_t)bits / 8);
      store_affine(scales, type, first + j, s[j]);
      store_affine(biases, type, first + j, b[j]);
    }
  }
}
