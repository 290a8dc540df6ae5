// Scale, bias and packing of affine groups, for one tier.

// Eight codes of `bits` bits make exactly `bits` bytes, lowest bits first.
CAMBIUM_INLINE void pack_codes(const uint8_t *codes, size_t n, int bits, uint8_t *output) {
  if (bits == 8) {
    memcpy(output, codes, n);
    return;
  }
  if (bits == 4) {
    for (size_t i = 0; i < n / 2; i++) {
      uint16_t pair;
      memcpy(&pair, codes + 2 * i, 2);
      output[i] = (uint8_t)(pair | pair >> 4);
    }
    return;
  }
  for (size_t i = 0; i < n / 8; i++) {
    uint64_t word = 0;
    for (int j = 0; j < 8; j++) word |= (uint64_t)codes[8 * i + (size_t)j] << (bits * j);
    memcpy(output + i * (size_t)bits, &word, (size_t)bits);
  }
}

CAMBIUM_INLINE void store_affine(void *output, int type, size_t index, float value) {
  if (type == CAMBIUM_F32) {
    memcpy((uint8_t *)output + 4 * index, &value, 4);
  } else {
    uint16_t h = type == CAMBIUM_BF16 ? float_to_bf16(value) : float_to_f16(value);
    memcpy((uint8_t *)output + 2 * index, &h, 2);
  }
}

// Scale and bias of a group, unrounded, from its smallest and largest element.
CAMBIUM_INLINE void affine_scale(float lo, float hi, float top, int cpu, float *scale, float *bias) {
  if (!cpu && hi < 0.0f) hi = 0.0f;
  float s = (hi - lo) / top;
  s = s > 1e-7f ? s : 1e-7f;
  int low = fabsf(lo) > fabsf(hi);
  s = low ? s : -s;
  float edge = low ? lo : hi;
  float q0 = cpu ? rintf(edge / s) : roundf(edge / s);
  *scale = q0 != 0.0f ? edge / q0 : s;
  *bias = q0 != 0.0f ? edge : 0.0f;
}
