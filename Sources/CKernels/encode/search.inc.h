// The search of scales, for one tier: groups that are encoded already get the codes, scale and bias of a candidate where
// those decode to less squared error. Page "Pipeline", search of scales; definition: ReferenceSearch of Quantization.
// Sums are of 16 lanes of f32, element i in lane i mod 16, added pairwise: the same bits in every tier.

CAMBIUM_INLINE float search_sum(const float lanes[16]) {
  float s[16];
  memcpy(s, lanes, sizeof s);
  for (size_t half = 8; half > 0; half /= 2) {
    for (size_t j = 0; j < half; j++) s[j] += s[j + half];
  }
  return s[0];
}

CAMBIUM_INLINE void search_unpack(const uint8_t *p, size_t n, int bits, uint8_t *codes) {
  uint32_t word = 0;
  int filled = 0;
  for (size_t i = 0; i < n; i++) {
    if (filled < bits) {
      word |= (uint32_t)*p++ << filled;
      filled += 8;
    }
    codes[i] = (uint8_t)(word & ((1u << bits) - 1));
    word >>= bits;
    filled -= bits;
  }
}

// What is no number, or too large for one, is worse than anything.
CAMBIUM_INLINE float search_start(float error) { return error < INFINITY ? error : INFINITY; }

// Affine.

CAMBIUM_INLINE float search_code(float w, float b, float inverse, float top) {
  float q = (w - b) * inverse;
  q = q > 0.0f ? q : 0.0f;
  q = q < top ? q : top;
  return (q + 0x1p23f) - 0x1p23f;
}

CAMBIUM_INLINE float search_affine_value(float code, float s, float b, int type) {
  return rounded_to(rounded_to(code * s, type) + b, type);
}

CAMBIUM_INLINE float search_affine_stored(
    const float *w, size_t n, const uint8_t *codes, float s, float b, int type) {
  float lanes[16] = {0};
  for (size_t i = 0; i < n; i += 16) {
    for (size_t j = 0; j < 16; j++) {
      float d = w[i + j] - search_affine_value((float)codes[i + j], s, b, type);
      lanes[j] += d * d;
    }
  }
  return search_sum(lanes);
}

CAMBIUM_INLINE float search_affine_error(const float *w, size_t n, float s, float b, float top, int type) {
  const float inverse = 1.0f / s;
  float lanes[16] = {0};
  for (size_t i = 0; i < n; i += 16) {
    for (size_t j = 0; j < 16; j++) {
      float v = search_affine_value(search_code(w[i + j], b, inverse, top), s, b, type);
      float d = w[i + j] - v;
      lanes[j] += d * d;
    }
  }
  return search_sum(lanes);
}

typedef struct {
  float scale, bias, error;
  int changed;
} search_affine_best;

// Whether the candidate, which is rounded first, is better.
CAMBIUM_INLINE int search_affine_try(
    const float *w, size_t n, float s, float b, float top, int type, search_affine_best *best) {
  s = rounded_to(s, type);
  b = rounded_to(b, type);
  if (!(fabsf(s) > 0x1p-100f && fabsf(s) < 0x1p100f && fabsf(b) < INFINITY)) return 0;
  float error = search_affine_error(w, n, s, b, top, type);
  if (!(error < best->error)) return 0;
  *best = (search_affine_best){s, b, error, 1};
  return 1;
}

// Scale and bias of least squares under the codes of the best candidate; whether they are better.
CAMBIUM_INLINE int search_affine_refit(const float *w, size_t n, float top, int type, search_affine_best *best) {
  const float inverse = 1.0f / best->scale, bias = best->bias;
  float codes[16] = {0}, squares[16] = {0}, sums[16] = {0}, products[16] = {0};
  if (!(fabsf(best->scale) > 0x1p-100f && fabsf(best->scale) < 0x1p100f)) return 0;
  for (size_t i = 0; i < n; i += 16) {
    for (size_t j = 0; j < 16; j++) {
      float c = search_code(w[i + j], bias, inverse, top);
      codes[j] += c;
      squares[j] += c * c;
      sums[j] += w[i + j];
      products[j] += w[i + j] * c;
    }
  }
  const double count = (double)n, c = (double)search_sum(codes), cc = (double)search_sum(squares);
  const double sum = (double)search_sum(sums), product = (double)search_sum(products);
  const double spread = count * cc - c * c;
  if (!(spread > 0)) return 0;
  const double s = (count * product - c * sum) / spread;
  const double b = (sum - s * c) / count;
  return search_affine_try(w, n, (float)s, (float)b, top, type, best);
}

CAMBIUM_INLINE void search_affine(
    const uint8_t *input, int type, int bits, size_t g, size_t groups, uint8_t *weight, void *scales, void *biases) {
  static const float offsets[7] = {-0.25f, 0.0f, 0.25f, 0.5f, 0.75f, 1.0f, 1.25f};
  const size_t width = type == CAMBIUM_F32 ? 4 : 2, bytes = g * (size_t)bits / 8;
  const float top = (float)((1 << bits) - 1);
  for (size_t group = 0; group < groups; group++) {
    float w[128];
    uint8_t codes[128];
    widen_block(input + group * g * width, type, w, g);
    search_unpack(weight + group * bytes, g, bits, codes);
    search_affine_best best = {stored_number(scales, type, group), stored_number(biases, type, group), 0, 0};
    best.error = search_start(search_affine_stored(w, g, codes, best.scale, best.bias, type));
    float low = w[0], high = w[0];
    for (size_t i = 1; i < g; i++) {
      low = w[i] < low ? w[i] : low;
      high = w[i] > high ? w[i] : high;
    }
    const float step = (high - low) / top;
    for (int i = 0; i < 7; i++) {
      const float from = low + step * offsets[i];
      for (int j = 0; j < 7; j++) {
        search_affine_try(w, g, ((high - step * offsets[j]) - from) / top, from, top, type, &best);
      }
    }
    for (int round = 0; round < 3 && search_affine_refit(w, g, top, type, &best); round++) continue;
    if (!best.changed) continue;
    const float inverse = 1.0f / best.scale;
    for (size_t i = 0; i < g; i++) codes[i] = (uint8_t)search_code(w[i], best.bias, inverse, top);
    pack_codes(codes, g, bits, weight + group * bytes);
    store_affine(scales, type, group, best.scale);
    store_affine(biases, type, group, best.bias);
  }
}

// mx and nvfp4.

// Values of E2M1 codes, whole and half numbers.
CAMBIUM_INLINE float search_e2m1(float y) {
  float a = fabsf(y);
  float v = (a > 0.25f ? 0.5f : 0.0f) + (a >= 0.75f ? 0.5f : 0.0f) + (a > 1.25f ? 0.5f : 0.0f) +
            (a >= 1.75f ? 0.5f : 0.0f) + (a > 2.5f ? 1.0f : 0.0f) + (a >= 3.5f ? 1.0f : 0.0f) +
            (a > 5.0f ? 2.0f : 0.0f);
  return y < 0 ? -v : v;
}

CAMBIUM_INLINE float search_e4m3(float y) {
  float v = e4m3_magnitude(float_to_e4m3(y));
  return y < 0 ? -v : v;
}

// 1 / scale, which a byte of E8M0 has exactly.
CAMBIUM_INLINE float search_inverse(int mode, int byte) {
  return mode == CAMBIUM_NVFP4 ? 1.0f / e4m3_magnitude((uint32_t)byte) : power_of_two(127 - byte);
}

CAMBIUM_INLINE float search_block_error(const float *w, size_t n, int mode, int byte) {
  const float s = block_scale(mode, (uint8_t)byte), inverse = search_inverse(mode, byte);
  float lanes[16] = {0};
  for (size_t i = 0; i < n; i += 16) {
    for (size_t j = 0; j < 16; j++) {
      float y = w[i + j] * inverse;
      float d = w[i + j] - (mode == CAMBIUM_MXFP8 ? search_e4m3(y) : search_e2m1(y)) * s;
      lanes[j] += d * d;
    }
  }
  return search_sum(lanes);
}

CAMBIUM_INLINE float search_block_stored(const float *w, size_t n, int mode, const uint8_t *codes, float s) {
  static const float values[16] = {0, 0.5f, 1, 1.5f, 2, 3, 4, 6, -0.0f, -0.5f, -1, -1.5f, -2, -3, -4, -6};
  float lanes[16] = {0};
  for (size_t i = 0; i < n; i++) {
    uint8_t code = codes[i];
    float v = mode != CAMBIUM_MXFP8 ? values[code & 15] : code & 0x80 ? -e4m3_magnitude(code) : e4m3_magnitude(code);
    float d = w[i] - v * s;
    lanes[i % 16] += d * d;
  }
  return search_sum(lanes);
}

CAMBIUM_INLINE void search_blocks(
    const uint8_t *input, int type, int mode, size_t groups, uint8_t *weight, uint8_t *scales) {
  const size_t width = type == CAMBIUM_F32 ? 4 : 2, g = mode == CAMBIUM_NVFP4 ? 16 : 32;
  const int bits = mode == CAMBIUM_MXFP8 ? 8 : 4, reach = mode == CAMBIUM_NVFP4 ? 6 : 1;
  const int least = mode == CAMBIUM_NVFP4 ? 1 : 0, most = mode == CAMBIUM_NVFP4 ? 0x7E : 254;
  const size_t bytes = g * (size_t)bits / 8;
  for (size_t group = 0; group < groups; group++) {
    float w[32];
    uint8_t codes[32];
    widen_block(input + group * g * width, type, w, g);
    search_unpack(weight + group * bytes, g, bits, codes);
    const int first = scales[group];
    int best = first;
    float error = search_start(search_block_stored(w, g, mode, codes, block_scale(mode, (uint8_t)first)));
    for (int byte = first - reach; byte <= first + reach; byte++) {
      if (byte == first || byte < least || byte > most) continue;
      float e = search_block_error(w, g, mode, byte);
      if (!(e < error)) continue;
      error = e;
      best = byte;
    }
    if (best == first) continue;
    const float inverse = search_inverse(mode, best);
    for (size_t i = 0; i < g; i++) {
      float y = w[i] * inverse;
      codes[i] = (uint8_t)(mode == CAMBIUM_MXFP8 ? float_to_e4m3(y) : float_to_e2m1_even(y));
    }
    pack_codes(codes, g, bits, weight + group * bytes);
    scales[group] = (uint8_t)best;
  }
}

// One loop for each case that is worth it; the other bit widths share one.
CAMBIUM_INLINE void search_affine_by_type(
    const cambium_packed_format *f, int type, size_t groups, const void *input, uint8_t *weight, void *scales,
    void *biases) {
  if (f->group_size == 64) return search_affine(input, type, f->bits, 64, groups, weight, scales, biases);
  search_affine(input, type, f->bits, f->group_size, groups, weight, scales, biases);
}

static void tier_search(
    const cambium_packed_format *f, size_t groups, const void *input, uint8_t *weight, void *scales, void *biases) {
  switch (f->mode) {
    case CAMBIUM_AFFINE:
      if (f->type == CAMBIUM_BF16) {
        search_affine_by_type(f, CAMBIUM_BF16, groups, input, weight, scales, biases);
      } else if (f->type == CAMBIUM_F16) {
        search_affine_by_type(f, CAMBIUM_F16, groups, input, weight, scales, biases);
      } else {
        search_affine_by_type(f, CAMBIUM_F32, groups, input, weight, scales, biases);
      }
      return;
    case CAMBIUM_MXFP4:
      return search_blocks(input, f->type, CAMBIUM_MXFP4, groups, weight, scales);
    case CAMBIUM_MXFP8:
      return search_blocks(input, f->type, CAMBIUM_MXFP8, groups, weight, scales);
    default:
      return search_blocks(input, f->type, CAMBIUM_NVFP4, groups, weight, scales);
  }
}
