// Decoding, for one tier, in plain C.

CAMBIUM_INLINE float settled_nan(float x) { return x != x ? bits_float(0x7FC00000) : x; }

// Whether every element times the scale is a value of T, so that rounding changes nothing. E2M1 has 2 significant bits
// (6 together with an E4M3 scale), which bf16 holds down to its smallest sub-normal; E4M3 has 4 and a smallest value of
// 2^-9, whose products leave bf16 under the smallest scales. 255 is left out because it yields NaN.
CAMBIUM_INLINE int exact_scale(int mode, int type, uint8_t byte) {
  if (type == CAMBIUM_F16) return 0;
  if (mode == CAMBIUM_NVFP4) return 1;
  if (mode == CAMBIUM_MXFP4) return byte != 255;
  return byte >= 10 && byte <= 245;
}

// Eight codes from `bits` bytes, lowest bits first.
CAMBIUM_INLINE void unpack_codes(const uint8_t *p, size_t n, int bits, uint8_t *codes) {
  if (bits == 8) {
    memcpy(codes, p, n);
    return;
  }
  if (bits == 4) {
    for (size_t i = 0; i < n / 2; i++) {
      codes[2 * i] = p[i] & 15;
      codes[2 * i + 1] = p[i] >> 4;
    }
    return;
  }
  for (size_t i = 0; i < n / 8; i++) {
    uint64_t word = 0;
    memcpy(&word, p + i * (size_t)bits, (size_t)bits);
    for (int j = 0; j < 8; j++) codes[8 * i + (size_t)j] = (uint8_t)(word >> (bits * j)) & (uint8_t)((1 << bits) - 1);
  }
}

CAMBIUM_INLINE float e2m1_to_float(uint8_t code) {
  // Exponent and fraction in f32's places, the exponent 126 too small; the product is exact.
  float magnitude = bits_float((uint32_t)(code & 7) << 22) * 0x1p126f;
  return code & 8 ? -magnitude : magnitude;
}

CAMBIUM_INLINE float e4m3_to_float(uint8_t code) {
  return bits_float(float_bits(e4m3_magnitude(code)) | (uint32_t)(code & 0x80) << 24);
}

CAMBIUM_INLINE void decode_affine_group(
    const uint8_t *p, int bits, size_t n, int type, float s, float b, float *output) {
  uint8_t codes[128];
  unpack_codes(p, n, bits, codes);
  for (size_t i = 0; i < n; i++) {
    output[i] = settled_nan(rounded_to(rounded_to((float)codes[i] * s, type) + b, type));
  }
}

// One loop for each number of bits.
CAMBIUM_INLINE void decode_affine_bits(
    const uint8_t *p, int bits, size_t n, int type, float s, float b, float *output) {
  switch (bits) {
    case 2:
      return decode_affine_group(p, 2, n, type, s, b, output);
    case 3:
      return decode_affine_group(p, 3, n, type, s, b, output);
    case 4:
      return decode_affine_group(p, 4, n, type, s, b, output);
    case 5:
      return decode_affine_group(p, 5, n, type, s, b, output);
    case 6:
      return decode_affine_group(p, 6, n, type, s, b, output);
    default:
      return decode_affine_group(p, 8, n, type, s, b, output);
  }
}

CAMBIUM_INLINE void decode_block_group(
    const uint8_t *p, int mode, size_t n, int type, uint8_t byte, float *output) {
  uint8_t codes[32];
  unpack_codes(p, n, mode == CAMBIUM_MXFP8 ? 8 : 4, codes);
  float s = block_scale(mode, byte);
  if (mode == CAMBIUM_MXFP8) {
    for (size_t i = 0; i < n; i++) output[i] = e4m3_to_float(codes[i]) * s;
  } else {
    for (size_t i = 0; i < n; i++) output[i] = e2m1_to_float(codes[i]) * s;
  }
  if (exact_scale(mode, type, byte)) return;
  for (size_t i = 0; i < n; i++) output[i] = settled_nan(rounded_to(output[i], type));
}

CAMBIUM_INLINE void plain_decode(
    const cambium_packed_format *f, int mode, int type, size_t n, size_t groups, const uint8_t *weight,
    const void *scales, const void *biases, float *output) {
  size_t bytes = n * (size_t)f->bits / 8;
  for (size_t k = 0; k < groups; k++) {
    if (mode == CAMBIUM_AFFINE) {
      float s = stored_number(scales, type, k), b = stored_number(biases, type, k);
      decode_affine_bits(weight + k * bytes, f->bits, n, type, s, b, output + k * n);
    } else {
      decode_block_group(weight + k * bytes, mode, n, type, ((const uint8_t *)scales)[k], output + k * n);
    }
  }
}
