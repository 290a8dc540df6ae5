// mx and nvfp4 groups, for one tier, left to the compiler to vectorise. Included inside that tier's target region.

// Scale byte: ceil(log2(amax / peak)) + 127 from the bf16 bits of amax. peak = 1.5 * 2^2 or 1.75 * 2^8, so the
// exponent is amax's own minus 2 or 8, plus one if its fraction is above 0.5 or 0.75.
CAMBIUM_INLINE int32_t mx_scale_byte(uint32_t amax, int bits) {
  return bits == 4 ? (int32_t)((amax + 0x3F) >> 7) - 2 : (int32_t)((amax + 0x1F) >> 7) - 8;
}

// E2M1 in the bf16 bit domain: the decision thresholds 0.25 … 5 times the scale are bf16 numbers at fixed distances.
CAMBIUM_INLINE void mxfp4_codes(const uint16_t v[32], int32_t scale, int cpu, uint8_t *output) {
  int16_t base = (int16_t)(scale << 7);
  int16_t even = cpu ? 0 : 1;  // "at least t" is "above t - 1": Metal takes the even code in a tie
  int16_t t0 = (int16_t)(base - 256), t1 = (int16_t)(base - 64 - even), t2 = (int16_t)(base + 32);
  int16_t t3 = (int16_t)(base + 96 - even), t4 = (int16_t)(base + 160), t5 = (int16_t)(base + 224 - even);
  int16_t t6 = (int16_t)(base + 288);
  uint16_t codes[32];
  for (int i = 0; i < 32; i++) {
    int16_t a = (int16_t)(v[i] & 0x7FFF);
    uint16_t c = (uint16_t)((a > t0) + (a > t1) + (a > t2) + (a > t3) + (a > t4) + (a > t5) + (a > t6));
    uint16_t sign = (uint16_t)((v[i] >> 12) & 8);
    codes[i] = (uint16_t)(c | (cpu ? (c ? sign : 0) : sign));
  }
  for (int i = 0; i < 16; i++) {
    uint32_t pair;
    memcpy(&pair, codes + 2 * i, 4);
    output[i] = (uint8_t)(pair | pair >> 12);
  }
}

CAMBIUM_INLINE ptrdiff_t mx_groups(
    const uint8_t *input, int bits, int cpu, size_t groups, uint8_t *weight, uint8_t *scales) {
  ptrdiff_t outside = 0;
  for (size_t k = 0; k < groups; k++) {
    uint16_t v[32];
    memcpy(v, input + 64 * k, 64);
    uint16_t amax = 0;
    for (int i = 0; i < 32; i++) {
      uint16_t a = v[i] & 0x7FFF;
      amax = a > amax ? a : amax;
    }
    uint8_t *output = weight + k * (size_t)bits * 4;
    if (amax >= 0x7F80) return -1;
    if (amax < CAMBIUM_MX_FAST_FROM) {
      outside += mx_group_slow(v, amax, bits, cpu, output, scales + k);
      continue;
    }
    int32_t scale = mx_scale_byte(amax, bits);
    scales[k] = (uint8_t)scale;
    if (bits == 4) {
      mxfp4_codes(v, scale, cpu, output);
    } else {
      // A power of two: multiplying is the same as the CPU backend's division, and bf16 rounding changes nothing.
      float inverse = power_of_two(127 - scale);
      for (int i = 0; i < 32; i++) output[i] = (uint8_t)float_to_e4m3(bf16_to_float(v[i]) * inverse);
    }
  }
  return outside;
}

CAMBIUM_INLINE void nvfp4_metal_groups(
    const uint8_t *input, int type, size_t groups, uint8_t *weight, uint8_t *scales) {
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
    uint32_t byte = float_to_e4m3(bits_float(top) / 6.0f);
    scales[k] = (uint8_t)byte;
    float inverse = byte == 0 ? 0.0f : 1.0f / e4m3_magnitude(byte);
    for (int i = 0; i < 16; i++) codes[i] = (uint8_t)float_to_e2m1_even(w[i] * inverse);
    for (int i = 0; i < 8; i++) weight[8 * k + (size_t)i] = (uint8_t)(codes[2 * i] | codes[2 * i + 1] << 4);
  }
}

static void tier_encode_nvfp4_metal(const void *input, int type, size_t groups, uint8_t *weight, uint8_t *scales) {
  if (type == CAMBIUM_BF16) {
    nvfp4_metal_groups(input, CAMBIUM_BF16, groups, weight, scales);
  } else {
    nvfp4_metal_groups(input, type, groups, weight, scales);
  }
}
