// Entry of the compiler-vectorised decoder, one loop per case that matters.
static void tier_decode(
    const cambium_packed_format *f, size_t groups, const uint8_t *weight, const void *scales, const void *biases,
    float *output) {
  int type = f->type;
  switch (f->mode) {
    case CAMBIUM_MXFP4:
      return plain_decode(f, CAMBIUM_MXFP4, type, 32, groups, weight, scales, biases, output);
    case CAMBIUM_MXFP8:
      return plain_decode(f, CAMBIUM_MXFP8, type, 32, groups, weight, scales, biases, output);
    case CAMBIUM_NVFP4:
      return plain_decode(f, CAMBIUM_NVFP4, type, 16, groups, weight, scales, biases, output);
    default:
      break;
  }
  if (type == CAMBIUM_BF16) {
    plain_decode(f, CAMBIUM_AFFINE, CAMBIUM_BF16, f->group_size, groups, weight, scales, biases, output);
  } else if (type == CAMBIUM_F16) {
    plain_decode(f, CAMBIUM_AFFINE, CAMBIUM_F16, f->group_size, groups, weight, scales, biases, output);
  } else {
    plain_decode(f, CAMBIUM_AFFINE, CAMBIUM_F32, f->group_size, groups, weight, scales, biases, output);
  }
}
