// Finite check, widening and error sums, for one tier. Included inside that tier's target region; no guard on purpose.

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

static void tier_widen(const void *input, int type, float *output, size_t count) {
  widen_block(input, type, output, count);
}

CAMBIUM_INLINE void error_lane(double lanes[4][8], uint32_t largest[8], int j, float a, float b) {
  double x = (double)a, y = (double)b, d = x - y;
  lanes[0][j] += x * y;
  lanes[1][j] += x * x;
  lanes[2][j] += y * y;
  lanes[3][j] += d * d;
  // Magnitudes order like their bits, with NaN above infinity.
  uint32_t bits = float_bits(a - b) & 0x7FFFFFFF;
  largest[j] = bits > largest[j] ? bits : largest[j];
}

static float tier_error_sums(const float *a, const float *b, size_t count, double *sums) {
  double lanes[4][8] = {{0}};
  uint32_t largest[8] = {0};
  size_t whole = count & ~(size_t)7;
  for (size_t i = 0; i < whole; i += 8) {
    for (int j = 0; j < 8; j++) error_lane(lanes, largest, j, a[i + (size_t)j], b[i + (size_t)j]);
  }
  for (size_t i = whole; i < count; i++) error_lane(lanes, largest, (int)(i & 7), a[i], b[i]);
  for (int k = 0; k < 4; k++) {
    const double *l = lanes[k];
    sums[k] = ((l[0] + l[4]) + (l[2] + l[6])) + ((l[1] + l[5]) + (l[3] + l[7]));
  }
  uint32_t top = 0;
  for (int j = 0; j < 8; j++) top = largest[j] > top ? largest[j] : top;
  return bits_float(top);
}
