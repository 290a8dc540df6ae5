// Exact conversion of stored elements to f32, for one tier, left to the compiler to vectorise.

CAMBIUM_INLINE void widen_block(const uint8_t *p, int type, float *output, size_t n) {
  if (type == CAMBIUM_F32) {
    memcpy(output, p, n * 4);
    return;
  }
  if (type == CAMBIUM_BF16) {
    for (size_t i = 0; i < n; i++) {
      uint16_t v;
      memcpy(&v, p + 2 * i, 2);
      output[i] = bf16_to_float(v);
    }
    return;
  }
  for (size_t i = 0; i < n; i++) {
    uint16_t v;
    memcpy(&v, p + 2 * i, 2);
    output[i] = f16_to_float(v);
  }
}
