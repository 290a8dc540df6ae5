// mx groups, for one tier.
// Elements are taken as bf16 numbers, f16 and f32 with a sticky last bit (float_to_sticky): the decision thresholds and
// the rounding places have fewer bits, so nothing is decided otherwise. T-rounding of the quotients changes nothing
// either: they are w shifted by a power of two, and where T is sub-normal the code is 0 anyway.

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
    uint32_t amax = mx_peak(v);
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
      top = amax << 16;
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
