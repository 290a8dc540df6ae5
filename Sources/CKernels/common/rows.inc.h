// Where the codes and scales of a row are, and their decoding by format, for one tier. `format` is a constant wherever
// these are inlined, so the switches vanish.

// How far ahead of the codes in use the memory is asked for, in bytes: the rows of a matrix follow each other.
#define CAMBIUM_AHEAD 8192
// The same for scales, which are a separate stream beside the codes.
#define CAMBIUM_SCALES_AHEAD 512

// Products that one lane adds up in a unit of a format of 2 or 4 bits, whose lanes take neighbours; 0 for the others.
CAMBIUM_INLINE size_t neighbour_steps(int format) {
  return format == CAMBIUM_W_AFFINE2 ? 16 : format_bits(format) == 4 ? 8 : 0;
}

// Sixteen consecutive columns. `wide`: sixteen bytes from p on may be read.
CAMBIUM_INLINE lanes step_weights(const int format, const uint8_t *p, const int wide) {
  switch (format) {
    case CAMBIUM_W_F32:
      return weights_f32(p);
    case CAMBIUM_W_F16:
      return weights_f16(p);
    case CAMBIUM_W_BF16:
      return weights_bf16(p);
    case CAMBIUM_W_MXFP8:
      return weights_mxfp8(p);
    case CAMBIUM_W_AFFINE3:
      return weights_affine3(p, wide);
    case CAMBIUM_W_AFFINE5:
      return weights_affine5(p, wide);
    case CAMBIUM_W_AFFINE6:
      return weights_affine6(p, wide);
    default:
      return weights_affine8(p);
  }
}

// Whether the codes of sixteen columns are fewer bytes than the kernels like to read.
CAMBIUM_INLINE int format_odd(const int format) {
  return format == CAMBIUM_W_AFFINE3 || format == CAMBIUM_W_AFFINE5 || format == CAMBIUM_W_AFFINE6;
}

// 32 consecutive columns; 16 bytes may be read beyond their codes.
CAMBIUM_INLINE void pair_weights(const int format, const uint8_t *p, lanes w[2]) {
#ifdef CAMBIUM_HAS_PAIR_MXFP8
  if (format == CAMBIUM_W_MXFP8) {
    pair_mxfp8(p, w);
    return;
  }
#endif
  w[0] = step_weights(format, p, 1);
  w[1] = step_weights(format, p + 2 * format_bits(format), 1);
}

// The unit at p, of which `bytes` (at most 64) are there.
CAMBIUM_INLINE unit_codes unit_load_part(const int format, const uint8_t *p, size_t bytes) {
  uint8_t part[64] = {0};
  memcpy(part, p, bytes);
  return unit_load(format, part);
}

CAMBIUM_INLINE size_t scale_width(int format, int parameter) {
  if (!format_affine(format)) return 1;
  return parameter == CAMBIUM_F32 ? 4 : 2;
}

CAMBIUM_INLINE lanes scale_lanes(int format, int parameter, const uint8_t *p) {
  switch (format) {
    case CAMBIUM_W_MXFP4:
      return scales_e8m0(p);
    case CAMBIUM_W_MXFP8:
      return scales_mxfp8(p);
    case CAMBIUM_W_NVFP4:
      return scales_e4m3(p);
    default:
      return parameters(p, parameter);
  }
}

// `count` scales (or biases) from p on as f32; from `count` up to the next multiple of 16 they are those of zero bytes.
CAMBIUM_INLINE void decode_scales(int format, int parameter, const uint8_t *p, size_t count, float *out) {
  size_t width = scale_width(format, parameter);
  size_t i = 0;
  for (size_t byte = 0; byte < count * width; byte += 64) __builtin_prefetch(p + CAMBIUM_SCALES_AHEAD + byte);
  for (; i + 16 <= count; i += 16) lanes_store(out + i, scale_lanes(format, parameter, p + i * width));
  if (i < count) {
    uint8_t part[64] = {0};
    memcpy(part, p + i * width, (count - i) * width);
    lanes_store(out + i, scale_lanes(format, parameter, part));
  }
}

// The scale of each lane in the unit whose first group's scale is s[0]: `group` columns share one.
CAMBIUM_INLINE lanes neighbour_scales(int format, size_t group, const float *s) {
  if (format == CAMBIUM_W_NVFP4) {
    typedef float f8 __attribute__((ext_vector_type(8), aligned(4)));
    f8 v = *(const f8 *)s;
    return __builtin_shufflevector(v, v, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7);
  }
  size_t scales = 16 * neighbour_steps(format) / group;
  if (scales == 4) {
    typedef float f4 __attribute__((ext_vector_type(4), aligned(4)));
    f4 v = *(const f4 *)s;
    return __builtin_shufflevector(v, v, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3);
  }
  if (scales == 2) {
    typedef float f2 __attribute__((ext_vector_type(2), aligned(4)));
    f2 v = *(const f2 *)s;
    return __builtin_shufflevector(v, v, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1);
  }
  if (scales == 1) return lanes_all(s[0]);
  typedef float f8 __attribute__((ext_vector_type(8), aligned(4)));
  f8 v = *(const f8 *)s;
  return __builtin_shufflevector(v, v, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7);
}
