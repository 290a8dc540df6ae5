// E4M3 blocks with scales, for one tier, left to the compiler to vectorise.

// bf16(code * scale); returns how many of the results are not finite.
CAMBIUM_INLINE size_t fp8_plain(const uint8_t *codes, size_t n, float scale, uint8_t *output) {
  size_t bad = 0;
  for (size_t i = 0; i < n; i++) {
    uint16_t h = float_to_bf16(e4m3_to_float(codes[i]) * scale);
    bad += (codes[i] & 0x7F) == 0x7F || (h & 0x7F80) == 0x7F80;
    memcpy(output + 2 * i, &h, 2);
  }
  return bad;
}

// Index of the first result that is not finite.
CAMBIUM_INLINE size_t fp8_first_bad(const uint8_t *codes, size_t n, float scale) {
  uint8_t ignored[2];
  size_t i = 0;
  while (i < n && isfinite(scale) && !fp8_plain(codes + i, 1, scale, ignored)) i++;
  return i;
}
