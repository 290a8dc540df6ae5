// Decoding and measuring, for one tier: blocks of a few groups that stay in the first-level cache, one after the other. CAMBIUM_DECODE
// names the decoders of the tier.

enum { MEASURE_BLOCK = 1024 };

// The range of x that the packed form of each group reaches. `mode` and `type` are constants wherever this is inlined.
CAMBIUM_INLINE void block_reach(int mode, size_t groups, const uint8_t *scales, float *low, float *high) {
  for (size_t k = 0; k < groups; k++) {
    float s = block_scale(mode, scales[k]);
    float top = fabsf(s) * (mode == CAMBIUM_MXFP8 ? 448.0f : 6.0f);
    high[k] = s == 0.0f ? INFINITY : top;
    low[k] = -high[k];
  }
}

CAMBIUM_INLINE void affine_reach(
    int type, int bits, size_t groups, const void *scales, const void *biases, float *low, float *high) {
  float top = (float)((1 << bits) - 1);
  for (size_t k = 0; k < groups; k++) {
    float s = stored_number(scales, type, k), b = stored_number(biases, type, k);
    float end = b + s * top, half = fabsf(s) * 0.5f;
    low[k] = (b < end ? b : end) - half;
    high[k] = (b < end ? end : b) + half;
  }
}

CAMBIUM_INLINE void reach(
    const cambium_packed_format *f, size_t groups, const void *scales, const void *biases, float *low, float *high) {
  if (f->mode == CAMBIUM_MXFP4) {
    block_reach(CAMBIUM_MXFP4, groups, scales, low, high);
  } else if (f->mode == CAMBIUM_MXFP8) {
    block_reach(CAMBIUM_MXFP8, groups, scales, low, high);
  } else if (f->mode == CAMBIUM_NVFP4) {
    block_reach(CAMBIUM_NVFP4, groups, scales, low, high);
  } else if (f->type == CAMBIUM_BF16) {
    affine_reach(CAMBIUM_BF16, f->bits, groups, scales, biases, low, high);
  } else if (f->type == CAMBIUM_F16) {
    affine_reach(CAMBIUM_F16, f->bits, groups, scales, biases, low, high);
  } else {
    affine_reach(CAMBIUM_F32, f->bits, groups, scales, biases, low, high);
  }
}

static void tier_measure(
    const cambium_packed_format *f, size_t groups, const void *input, int type, const uint8_t *weight,
    const void *scales, const void *biases, error_state *state) {
  float x[MEASURE_BLOCK], y[MEASURE_BLOCK], low[MEASURE_BLOCK / 16], high[MEASURE_BLOCK / 16];
  size_t n = f->group_size, bytes = n * (size_t)f->bits / 8;
  size_t width = type == CAMBIUM_F32 ? 4 : 2;
  size_t scale_width = f->mode != CAMBIUM_AFFINE ? 1 : f->type == CAMBIUM_F32 ? 4 : 2;
  for (size_t first = 0; first < groups; first += MEASURE_BLOCK / n) {
    size_t count = groups - first < MEASURE_BLOCK / n ? groups - first : MEASURE_BLOCK / n;
    const uint8_t *s = (const uint8_t *)scales + first * scale_width;
    const uint8_t *b = f->mode == CAMBIUM_AFFINE ? (const uint8_t *)biases + first * scale_width : NULL;
    CAMBIUM_DECODE.widen((const uint8_t *)input + first * n * width, type, x, count * n);
    CAMBIUM_DECODE.packed(f, count, weight + first * bytes, s, b, y);
    reach(f, count, s, b, low, high);
    tier_error_block(x, y, count, n, low, high, first * n, state);
  }
}
