// The search for elements that are not finite, for one tier, left to the compiler to vectorise.

CAMBIUM_INLINE uint32_t any_nonfinite16(const uint8_t *p, size_t n, uint16_t exponent) {
  uint16_t found = 0;
  for (size_t i = 0; i < n; i++) {
    uint16_t v;
    memcpy(&v, p + 2 * i, 2);
    found |= (uint16_t)((v & exponent) == exponent);
  }
  return found;
}

CAMBIUM_INLINE uint32_t any_nonfinite32(const uint8_t *p, size_t n) {
  uint32_t found = 0;
  for (size_t i = 0; i < n; i++) {
    uint32_t v;
    memcpy(&v, p + 4 * i, 4);
    found |= (uint32_t)((v & 0x7F800000) == 0x7F800000);
  }
  return found;
}

// Blocks are scanned without branches; only a block that holds a bad element is searched one by one.
static size_t tier_first_nonfinite(const void *input, int type, size_t count) {
  const uint8_t *bytes = input;
  size_t width = type == CAMBIUM_F32 ? 4 : 2;
  uint16_t exponent = type == CAMBIUM_BF16 ? 0x7F80 : 0x7C00;
  for (size_t start = 0; start < count; start += 1024) {
    size_t n = count - start < 1024 ? count - start : 1024;
    const uint8_t *block = bytes + start * width;
    if (type == CAMBIUM_F32 ? !any_nonfinite32(block, n) : !any_nonfinite16(block, n, exponent)) continue;
    for (size_t i = 0; i < n; i++) {
      const uint8_t *p = block + i * width;
      if (type == CAMBIUM_F32 ? any_nonfinite32(p, 1) : any_nonfinite16(p, 1, exponent)) return start + i;
    }
  }
  return count;
}
