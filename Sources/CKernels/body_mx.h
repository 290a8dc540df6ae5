// mx groups, for one tier, left to the compiler to vectorise. Included inside that tier's target region.
// Elements are taken as bf16 numbers, f16 and f32 with a sticky last bit (float_to_sticky): the decision thresholds and
// the rounding places have fewer bits, so nothing is decided otherwise. T-rounding of the quotients changes nothing
// either: they are w shifted by a power of two, and where T is sub-normal the code is 0 anyway.

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

CAMBIUM_INLINE void mxfp8_codes(const uint16_t v[32], int32_t scale, uint8_t *output) {
  // A power of two: multiplying is the same as the CPU backend's division.
  float inverse = power_of_two(127 - scale);
  for (int i = 0; i < 32; i++) output[i] = (uint8_t)float_to_e4m3(bf16_to_float(v[i]) * inverse);
}

CAMBIUM_INLINE ptrdiff_t mx_groups(
    const uint8_t *input, const cambium_mx_format *format, int type, int bits, int cpu, int round, size_t groups,
    uint8_t *weight, uint8_t *scales) {
  size_t width = type == CAMBIUM_F32 ? 4 : 2;
  ptrdiff_t outside = 0;
  for (size_t k = 0; k < groups; k++) {
    float w[32];
    uint16_t v[32];
    uint32_t top = 0;
    if (type == CAMBIUM_BF16) {
      memcpy(v, input + 64 * k, 64);
    } else {
      widen_block(input + 32 * width * k, type, w, 32);
      for (int i = 0; i < 32; i++) v[i] = float_to_sticky(w[i]);
    }
    uint16_t amax = 0;
    for (int i = 0; i < 32; i++) {
      uint16_t a = v[i] & 0x7FFF;
      amax = a > amax ? a : amax;
    }
    uint8_t *output = weight + k * (size_t)bits * 4;
    if (amax >= 0x7F80) return -1;
    if (amax < CAMBIUM_MX_FAST_FROM) {
      if (type == CAMBIUM_BF16) widen_block(input + 64 * k, type, w, 32);
      outside += mx_group_slow(w, format, output, scales + k);
      continue;
    }
    int32_t scale;
    if (!round && !(cpu && type == CAMBIUM_F16)) {
      scale = mx_scale_byte(amax, bits);
    } else {
      top = (uint32_t)amax << 16;
      if (type != CAMBIUM_BF16) {
        top = 0;
        for (int i = 0; i < 32; i++) {
          uint32_t a = float_bits(w[i]) & 0x7FFFFFFF;
          top = a > top ? a : top;
        }
      }
      scale = mx_exponent(bits_float(top), format, type, bits, cpu, round) + 127;
    }
    scales[k] = (uint8_t)scale;
    if (bits == 4) {
      mxfp4_codes(v, scale, cpu, output);
    } else {
      mxfp8_codes(v, scale, output);
    }
  }
  return outside;
}
