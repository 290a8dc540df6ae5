// nvfp4 groups, for one tier, left to the compiler to vectorise.

// CPU backend, a group whose scale is 0 (every quotient is infinite or NaN: code 0) or saturated (quotients may be far
// outside).
CAMBIUM_INLINE void nvfp4_cpu_edge(const float w[16], int type, uint32_t byte, uint8_t codes[16]) {
  float s = e4m3_magnitude(byte);
  for (int i = 0; i < 16; i++) {
    codes[i] = byte == 0 ? 0 : (uint8_t)float_to_e2m1_first(rounded_to(w[i] / s, type));
  }
}

// Scale bytes of 16 groups and their values; side by side, because alone they become branches that go either way.
CAMBIUM_INLINE void nvfp4_scale_bytes(const float ratios[16], uint32_t bytes[16], float values[16]) {
  for (int j = 0; j < 16; j++) bytes[j] = float_to_e4m3(ratios[j]);
  for (int j = 0; j < 16; j++) values[j] = e4m3_magnitude(bytes[j]);
}

CAMBIUM_INLINE float nvfp4_peak(const float w[16]) {
  uint32_t top = 0;
  for (int i = 0; i < 16; i++) {
    uint32_t a = float_bits(w[i]) & 0x7FFFFFFF;
    top = a > top ? a : top;
  }
  return bits_float(top);
}

CAMBIUM_INLINE void nvfp4_groups(
    const uint8_t *input, int type, int cpu, size_t groups, uint8_t *weight, uint8_t *scales) {
  size_t width = type == CAMBIUM_F32 ? 4 : 2;
  float w[256];
  for (size_t first = 0; first < groups; first += 16) {
    size_t count = groups - first < 16 ? groups - first : 16;
    float ratios[16] = {0}, s[16], inverses[16];
    uint32_t bytes[16];
    widen_block(input + first * 16 * width, type, w, count * 16);
    for (size_t j = 0; j < count; j++) ratios[j] = nvfp4_peak(w + 16 * j);
    for (int j = 0; j < 16; j++) ratios[j] = cpu ? rounded_to(ratios[j] / 6.0f, type) : ratios[j] / 6.0f;
    nvfp4_scale_bytes(ratios, bytes, s);
    for (int j = 0; j < 16; j++) inverses[j] = bytes[j] == 0 ? 0.0f : 1.0f / s[j];
    for (size_t j = 0; j < count; j++) {
      const float *v = w + 16 * j;
      uint8_t codes[16];
      scales[first + j] = (uint8_t)bytes[j];
      if (!cpu) {
        for (int i = 0; i < 16; i++) codes[i] = (uint8_t)float_to_e2m1_even(v[i] * inverses[j]);
      } else if (bytes[j] == 0 || bytes[j] == 0x7E) {
        nvfp4_cpu_edge(v, type, bytes[j], codes);
      } else {
        for (int i = 0; i < 16; i++) codes[i] = (uint8_t)float_to_e2m1_down(rounded_to(v[i] / s[j], type));
      }
      uint8_t *output = weight + 8 * (first + j);
      for (int i = 0; i < 8; i++) output[i] = (uint8_t)(codes[2 * i] | codes[2 * i + 1] << 4);
    }
  }
}
