// What a format says of its codes.

CAMBIUM_INLINE size_t format_bits(int format) {
  switch (format) {
    case CAMBIUM_W_F32:
      return 32;
    case CAMBIUM_W_F16:
    case CAMBIUM_W_BF16:
      return 16;
    case CAMBIUM_W_MXFP8:
    case CAMBIUM_W_AFFINE8:
      return 8;
    case CAMBIUM_W_AFFINE2:
      return 2;
    case CAMBIUM_W_AFFINE3:
      return 3;
    case CAMBIUM_W_AFFINE5:
      return 5;
    case CAMBIUM_W_AFFINE6:
      return 6;
    default:
      return 4;
  }
}

CAMBIUM_INLINE int format_affine(int format) { return format >= CAMBIUM_W_AFFINE2; }
