// One dequantized row, for one tier.

CAMBIUM_INLINE lanes round_lanes(lanes v, int type) {
  if (type == CAMBIUM_F32) return v;
  float e[16];
  lanes_store(e, v);
  for (int i = 0; i < 16; i++) {
    e[i] = type == CAMBIUM_BF16 ? bf16_to_float(float_to_bf16(e[i])) : f16_to_float(float_to_f16(e[i]));
  }
  return lanes_load(e);
}

CAMBIUM_INLINE void decode_float_row(const int format, const uint8_t *c, size_t columns, float *y) {
  const size_t width = format_bits(format) / 8;
  size_t i = 0;
  for (; i + 16 <= columns; i += 16) lanes_store(y + i, step_weights(format, c + i * width, 0));
  if (i < columns) {
    uint8_t part[64] = {0};
    memcpy(part, c + i * width, (columns - i) * width);
    lanes_store_part(y + i, step_weights(format, part, 0), columns - i);
  }
}

// Code by code from the bit stream: this is one row a token.
static void tier_decode_row(const cambium_matrix *w, size_t row, float *y) {
  const size_t bits = format_bits(w->format);
  const uint8_t *c = (const uint8_t *)w->codes + row * (w->columns * bits / 8);
  if (w->format == CAMBIUM_W_F32) return decode_float_row(CAMBIUM_W_F32, c, w->columns, y);
  if (w->format == CAMBIUM_W_F16) return decode_float_row(CAMBIUM_W_F16, c, w->columns, y);
  if (w->format == CAMBIUM_W_BF16) return decode_float_row(CAMBIUM_W_BF16, c, w->columns, y);
  static const float e2m1[] = {0, 0.5f, 1, 1.5f, 2, 3, 4, 6, -0.0f, -0.5f, -1, -1.5f, -2, -3, -4, -6};
  const size_t width = scale_width(w->format, w->parameter), groups = w->columns / w->group;
  const uint8_t *s = (const uint8_t *)w->scales + row * groups * width;
  const uint8_t *b = format_affine(w->format) ? (const uint8_t *)w->biases + row * groups * width : 0;
  for (size_t g = 0; g < groups; g++) {
    uint8_t part[64] = {0};
    memcpy(part, s + g * width, width);
    const float scale = w->format == CAMBIUM_W_MXFP8 ? lanes_first(scales_e8m0(part))
                                                     : lanes_first(scale_lanes(w->format, w->parameter, part));
    float bias = 0;
    if (b) {
      memcpy(part, b + g * width, width);
      bias = lanes_first(parameters(part, w->parameter));
    }
    for (size_t i = g * w->group; i < (g + 1) * w->group; i += 16) {
      float v[16];
      for (size_t j = 0; j < 16; j++) {
        const size_t bit = (i + j) * bits, last = (bit + bits - 1) / 8;
        const uint32_t window = (uint32_t)c[bit / 8] | (uint32_t)c[last] << 8 * (last - bit / 8);
        const uint32_t code = window >> bit % 8 & ((1u << bits) - 1);
        v[j] = b ? (float)code
                 : bits == 4 ? e2m1[code] : bits_float(float_bits(e4m3_magnitude(code)) | (code & 0x80) << 24);
      }
      lanes value = lanes_load(v) * scale;
      if (b) value = round_lanes(round_lanes(value, w->parameter) + bias, w->parameter);
      lanes_store(y + i, value);
    }
  }
}
