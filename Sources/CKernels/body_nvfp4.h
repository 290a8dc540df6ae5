// nvfp4 groups, for one tier, left to the compiler to vectorise. Included inside that tier's target region.

// CPU backend, a group whose scale is 0 (every quotient is infinite or NaN: code 0) or saturated (quotients may be far
// outside).
CAMBIUM_INLINE void nvfp4_cpu_edge(const float w[16], int type, uint32_t byte, uint8_t codes[16]) {
  float s = e4m3_magnitude(byte);
  for (int i = 0; i < 16; i++) {
    codes[i] = byte == 0 ? 0 : (uint8_t)float_to_e2m1_first(rounded_to(w[i] / s, type));
  }
}

CAMBIUM_INLINE void nvfp4_groups(
    const uint8_t *input, int type, int cpu, size_t groups, uint8_t *weight, uint8_t *scales) {
  size_t width = type == CAMBIUM_F32 ? 4 : 2;
  float w[16];
  uint8_t codes[16];
  for (size_t k = 0; k < groups; k++) {
    widen_block(input + k * 16 * width, type, w, 16);
    uint32_t top = 0;
    for (int i = 0; i < 16; i++) {
      uint32_t a = float_bits(w[i]) & 0x7FFFFFFF;
      top = a > top ? a : top;
    }
    float ratio = bits_float(top) / 6.0f;
    uint32_t byte = float_to_e4m3(cpu ? rounded_to(ratio, type) : ratio);
    scales[k] = (uint8_t)byte;
    float s = e4m3_magnitude(byte);
    if (!cpu) {
      float inverse = byte == 0 ? 0.0f : 1.0f / s;
      for (int i = 0; i < 16; i++) codes[i] = (uint8_t)float_to_e2m1_even(w[i] * inverse);
    } else if (byte == 0 || byte == 0x7E) {
      nvfp4_cpu_edge(w, type, byte, codes);
    } else {
      for (int i = 0; i < 16; i++) codes[i] = (uint8_t)float_to_e2m1_down(rounded_to(w[i] / s, type));
    }
    for (int i = 0; i < 8; i++) weight[8 * k + (size_t)i] = (uint8_t)(codes[2 * i] | codes[2 * i + 1] << 4);
  }
}
