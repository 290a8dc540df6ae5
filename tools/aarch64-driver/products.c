#include "driver.h"

static const char *const names[] = {"f32",     "f16",     "bf16",    "mxfp4",   "mxfp8",   "nvfp4",
                                    "affine2", "affine3", "affine4", "affine5", "affine6", "affine8"};
static const size_t bits_of[] = {32, 16, 16, 4, 8, 4, 2, 3, 4, 5, 6, 8};

static cambium_matrix matrix(int format, int parameter, size_t group, size_t rows, size_t columns, int kind) {
  cambium_matrix w = {format, parameter, group, columns, NULL, NULL, NULL};
  if (format <= CAMBIUM_W_BF16) {
    const int type = format == CAMBIUM_W_F32 ? CAMBIUM_F32 : format == CAMBIUM_W_F16 ? CAMBIUM_F16 : CAMBIUM_BF16;
    w.codes = numbers(type, kind, rows * columns);
    return w;
  }
  w.codes = octets(rows * columns * bits_of[format] / 8);
  const size_t groups = rows * columns / group;
  if (format >= CAMBIUM_W_AFFINE2) {
    w.scales = numbers(parameter, kind, groups);
    w.biases = numbers(parameter, kind, groups);
    return w;
  }
  uint8_t *scales = octets(groups);
  // Scales near 1, so that sums stay finite; with NaN any byte.
  for (size_t i = 0; i < groups && kind != WITH_NAN; i++) {
    scales[i] = (uint8_t)(format == CAMBIUM_W_NVFP4 ? scales[i] % 0x70 : 115 + scales[i] % 24);
  }
  w.scales = scales;
  return w;
}

static void product(const cambium_matrix *w, const char *label, size_t rows, size_t m, int kind) {
  const size_t first = 1, stride = rows + 3;
  float *prepared = aligned_alloc(64, (m * cambium_prepared_stride(w) * 4 + 63) / 64 * 64);
  float *y = calloc(m * stride, 4);
  if (!prepared || !y) exit(4);
  cambium_prepare(w, floats(kind, m * w->columns), m, prepared);
  cambium_product(w, first, rows, prepared, m, y, stride);
  add_floats(y, m * stride);
  result("product-%s-%zu-rows-%s", label, m, kind_names[kind]);
  free(prepared);
  free(y);
}

static void products(int format, int parameter, size_t group, size_t columns, int kind) {
  enum { ROWS = 15 };
  // A few rows, then rows in blocks, whole ones and with a rest.
  static const size_t counts[] = {1, 2, 3, 4, 5, 6, 7, 8, 20, 67};
  char label[64];
  const int affine = format >= CAMBIUM_W_AFFINE2;
  const cambium_matrix w = matrix(format, parameter, group, ROWS, columns, kind);
  snprintf(label, sizeof label, "%s%s%s-%zu-%zu", names[format], affine ? "-" : "",
           affine ? type_names[parameter] : "", group, columns);
  for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) product(&w, label, ROWS, counts[i], kind);
  float *row = floats(USUAL, columns);
  for (size_t i = 0; i < ROWS; i++) {
    cambium_decode_row(&w, i, row);
    add_floats(row, columns);
  }
  result("row-%s-%s", label, kind_names[kind]);
}

void run_products(void) {
  start_random(3);
  for (int format = CAMBIUM_W_F32; format <= CAMBIUM_W_NVFP4; format++) {
    const size_t group = format <= CAMBIUM_W_BF16 ? 1 : format == CAMBIUM_W_NVFP4 ? 16 : 32;
    products(format, 0, group, 672, USUAL);
    products(format, 0, group, 352, WITH_NAN);
    // Columns that the float formats alone may have.
    if (format <= CAMBIUM_W_BF16) products(format, 0, group, 77, WIDE);
  }
  for (int format = CAMBIUM_W_AFFINE2; format <= CAMBIUM_W_AFFINE8; format++) {
    for (int parameter = 0; parameter < 3; parameter++) {
      for (size_t group = 32; group <= 128; group *= 2) products(format, parameter, group, 5 * group, USUAL);
    }
    products(format, CAMBIUM_F16, 64, 320, WITH_NAN);
  }
  // More columns than scales are decoded for at once.
  products(CAMBIUM_W_MXFP4, 0, 32, 8192 + 96, USUAL);
  products(CAMBIUM_W_AFFINE6, CAMBIUM_BF16, 64, 8192 + 192, USUAL);
}
