// Matrix times a few rows, for one tier: one function a format, for up to CAMBIUM_FEW (2 or 4) rows of x.

// Outputs first ..< last for m rows of x, m a constant of at most 4.
CAMBIUM_INLINE void few_rows(
    const int format, const int m, const cambium_matrix *w, size_t first, size_t last, const float *x, float *y,
    size_t y_stride) {
  const size_t stride = cambium_prepared_stride(w);
  size_t o = first;
  if (format <= CAMBIUM_W_BF16) {
    // As many chains as the registers of the tier hold.
    const int rows = CAMBIUM_FEW == 4 || m == 1 ? 4 : 2;
    for (; o + (size_t)rows <= last; o += (size_t)rows) {
      float_rows(format, rows, m, w, o, x, stride, y + o, y_stride);
    }
    for (; o < last; o++) float_rows(format, 1, m, w, o, x, stride, y + o, y_stride);
  } else {
    // One row of x: memory is read in one stream. More rows: columns whose x stays in the nearest cache for several
    // outputs, of which two share the loads: a multiple of 512, so of every unit.
    const size_t outputs = m == 1 ? 1 : 8;
    const size_t near = m == 1 ? CAMBIUM_CHUNK : CAMBIUM_NEAR_NUMBERS / (size_t)m / 512 * 512;
    for (; o < last; o += outputs) {
      const size_t count = last - o < outputs ? last - o : outputs;
      quantized_outputs(format, m, w, o, count, near, x, stride, y + o, y_stride);
    }
  }
}

#if CAMBIUM_FEW == 4
#define CAMBIUM_CASES_OF_FEW(format)                                   \
  case 3:                                                              \
    return few_rows(format, 3, w, first, last, x, y, y_stride);        \
  case 4:                                                              \
    return few_rows(format, 4, w, first, last, x, y, y_stride);
#else
#define CAMBIUM_CASES_OF_FEW(format)
#endif

#define CAMBIUM_FEW_ROWS(name, format)                                                                           \
  static __attribute__((noinline)) void few_rows_##name(                                                         \
      const cambium_matrix *w, size_t first, size_t last, const float *x, size_t m, float *y, size_t y_stride) { \
    switch (m) {                                                                                                 \
      CAMBIUM_CASES_OF_FEW(format)                                                                               \
      case 2:                                                                                                    \
        return few_rows(format, 2, w, first, last, x, y, y_stride);                                              \
      default:                                                                                                   \
        return few_rows(format, 1, w, first, last, x, y, y_stride);                                              \
    }                                                                                                            \
  }

CAMBIUM_FEW_ROWS(f32, CAMBIUM_W_F32)
CAMBIUM_FEW_ROWS(f16, CAMBIUM_W_F16)
CAMBIUM_FEW_ROWS(bf16, CAMBIUM_W_BF16)
CAMBIUM_FEW_ROWS(mxfp4, CAMBIUM_W_MXFP4)
CAMBIUM_FEW_ROWS(mxfp8, CAMBIUM_W_MXFP8)
CAMBIUM_FEW_ROWS(nvfp4, CAMBIUM_W_NVFP4)
CAMBIUM_FEW_ROWS(affine2, CAMBIUM_W_AFFINE2)
CAMBIUM_FEW_ROWS(affine3, CAMBIUM_W_AFFINE3)
CAMBIUM_FEW_ROWS(affine4, CAMBIUM_W_AFFINE4)
CAMBIUM_FEW_ROWS(affine5, CAMBIUM_W_AFFINE5)
CAMBIUM_FEW_ROWS(affine6, CAMBIUM_W_AFFINE6)
CAMBIUM_FEW_ROWS(affine8, CAMBIUM_W_AFFINE8)

// Up to CAMBIUM_FEW rows of x.
static void product_of_few(
    const cambium_matrix *w, size_t first, size_t last, const float *x, size_t m, float *y, size_t y_stride) {
  static void (*const by_format[])(
      const cambium_matrix *, size_t, size_t, const float *, size_t, float *, size_t) = {
      few_rows_f32,     few_rows_f16,     few_rows_bf16,    few_rows_mxfp4,   few_rows_mxfp8,   few_rows_nvfp4,
      few_rows_affine2, few_rows_affine3, few_rows_affine4, few_rows_affine5, few_rows_affine6, few_rows_affine8};
  by_format[w->format](w, first, last, x, m, y, y_stride);
}
