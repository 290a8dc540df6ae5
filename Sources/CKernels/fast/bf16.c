// The fast product in AVX-512 with BF16; see bf16.inc.h.
#if defined(__x86_64__)

#include <immintrin.h>

#include "../common/lanes.h"
#include "../common/matrix.h"
#include "../common/scalar.h"
#include "kernels.h"

static size_t cambium_sums_of_groups(const cambium_matrix *w) {
  return cambium_is_affine(w) ? cambium_round_up(w->columns / w->group, 16) : 0;
}

size_t cambium_bf16_stride(const cambium_matrix *w) {
  const size_t columns = cambium_round_up(cambium_prepared_columns(w), w->format == CAMBIUM_W_BF16 ? 128 : 32);
  return columns / 2 + cambium_sums_of_groups(w);
}

#define CAMBIUM_UNROLL _Pragma("unroll")
#define CAMBIUM_FEW 4
#define CAMBIUM_PAIRS_OF_OUTPUTS 1
#define CAMBIUM_TILE_O 6

#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512bf16,fma,f16c"))), apply_to = function)

#include "../common/lanes.inc.h"
#include "../common/codes_avx512.inc.h"
#include "../common/weights.inc.h"
#include "../common/formats.inc.h"
#include "../common/rows.inc.h"
#include "../common/interleave.inc.h"
#include "../common/biases.inc.h"
#include "bf16.inc.h"
#include "bf16_blocked.inc.h"

#pragma clang attribute pop

void cambium_bf16_prepare(const cambium_matrix *w, const float *x, size_t m, float *prepared) {
  fast_prepare(w, x, m, prepared);
}

void cambium_bf16_product(
    const cambium_matrix *w, size_t first, size_t last, const float *prepared, size_t m, float *y, size_t y_stride) {
  fast_product(w, first, last, prepared, m, y, y_stride);
}

#endif
