// Affine groups, for one tier, left to the compiler to vectorise. Included after body_affine_parts.h.

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

CAMBIUM_INLINE void affine_groups(
    const uint8_t *input, int type, int bits, size_t g, int cpu, size_t groups, uint8_t *weight, void *scales,
    void *biases) {
  size_t width = type == CAMBIUM_F32 ? 4 : 2;
  float top = (float)((1 << bits) - 1);
  float w[128];
  uint8_t codes[128];
  for (size_t k = 0; k < groups; k++) {
    widen_block(input + k * g * width, type, w, g);
    float lows[16], highs[16];
    for (size_t j = 0; j < 16; j++) {
      lows[j] = w[j];
      highs[j] = w[j];
    }
    for (size_t i = 16; i < g; i += 16) {
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
    float s, b;
    affine_scale(lows[0], highs[0], top, cpu, &s, &b);
    affine_codes(w, g, b, s, top, cpu, codes);
    pack_codes(codes, g, bits, weight + k * g * (size_t)bits / 8);
    store_affine(scales, type, k, s);
    store_affine(biases, type, k, b);
  }
}
