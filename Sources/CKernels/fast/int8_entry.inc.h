// The product in integers of every format that has it.

#define CAMBIUM_INT8(name, format)                                                                                  \
  static __attribute__((noinline)) void int8_prepare_##name(                                                       \
      const cambium_matrix *w, const float *x, size_t m, float *prepared) {                                        \
    int8_prepare_rows(format, w, x, m, prepared);                                                                  \
  }                                                                                                                \
  static __attribute__((noinline)) void int8_few_##name(                                                           \
      const cambium_matrix *w, size_t row, size_t rows, const float *x, size_t m, float *y, size_t stride) {       \
    switch (m) {                                                                                                   \
      case 1:                                                                                                      \
        return int8_few(format, 1, w, row, rows, x, y, stride);                                                    \
      case 2:                                                                                                      \
        return int8_few(format, 2, w, row, rows, x, y, stride);                                                    \
      case 3:                                                                                                      \
        return int8_few(format, 3, w, row, rows, x, y, stride);                                                    \
      default:                                                                                                     \
        return int8_few(format, 4, w, row, rows, x, y, stride);                                                    \
    }                                                                                                              \
  }                                                                                                                \
  static __attribute__((noinline)) void int8_many_##name(                                                          \
      const cambium_matrix *w, size_t row, size_t rows, const float *x, size_t m, float *y, size_t stride) {       \
    int8_many(format, w, row, rows, x, m, y, stride);                                                              \
  }
CAMBIUM_INT8(mxfp4, CAMBIUM_W_MXFP4)
CAMBIUM_INT8(nvfp4, CAMBIUM_W_NVFP4)
CAMBIUM_INT8(affine4, CAMBIUM_W_AFFINE4)
CAMBIUM_INT8(affine8, CAMBIUM_W_AFFINE8)

typedef void int8_kernel(const cambium_matrix *, size_t, size_t, const float *, size_t, float *, size_t);

typedef struct {
  void (*prepare)(const cambium_matrix *, const float *, size_t, float *);
  int8_kernel *few, *many;
} int8_kernels;

#define CAMBIUM_INT8_KERNELS(name) {int8_prepare_##name, int8_few_##name, int8_many_##name}

static int8_kernels int8_kernels_of(const cambium_matrix *w) {
  static const int8_kernels mxfp4 = CAMBIUM_INT8_KERNELS(mxfp4), nvfp4 = CAMBIUM_INT8_KERNELS(nvfp4);
  static const int8_kernels affine4 = CAMBIUM_INT8_KERNELS(affine4), affine8 = CAMBIUM_INT8_KERNELS(affine8);
  switch (w->format) {
    case CAMBIUM_W_MXFP4:
      return mxfp4;
    case CAMBIUM_W_NVFP4:
      return nvfp4;
    case CAMBIUM_W_AFFINE4:
      return affine4;
    default:
      return affine8;
  }
}

static void int8_product(
    const cambium_matrix *w, size_t first, size_t last, const float *x, size_t m, float *y, size_t y_stride) {
  const int8_kernels kernels = int8_kernels_of(w);
  const size_t stride = cambium_int8_stride(w), wide = 16 * CAMBIUM_INT8_O;
  size_t r = 0, rows;
  for (; m - r >= CAMBIUM_MANY; r += rows) {
    rows = m - r < CAMBIUM_INT8_ROWS ? m - r : CAMBIUM_INT8_ROWS;
    for (size_t o = first; o < last; o += wide) {
      const size_t outputs = last - o < wide ? last - o : wide;
      kernels.many(w, o, outputs, x + r * stride, rows, y + r * y_stride + o, y_stride);
    }
  }
  for (size_t o = first; r < m && o < last; o += 16) {
    const size_t outputs = last - o < 16 ? last - o : 16;
    for (size_t rest = r; rest < m; rest += 4) {
      const size_t count = m - rest < 4 ? m - rest : 4;
      kernels.few(w, o, outputs, x + rest * stride, count, y + rest * y_stride + o, y_stride);
    }
  }
}
