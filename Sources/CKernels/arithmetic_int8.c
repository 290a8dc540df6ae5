// The fast product in integers, in AVX-512 with VNNI; see body_int8.h.
#include "arithmetic_int8.h"

#if defined(__x86_64__)

#include <immintrin.h>

#include "arithmetic_tiers.h"
#include "scalar.h"

#define CAMBIUM_UNROLL _Pragma("unroll")

#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512vbmi,avx512vnni,fma,f16c"))), apply_to = function)

#include "body_formats.h"
#include "body_int8.h"
#include "body_int8_few.h"
#include "body_int8_blocked.h"
#include "body_int8_entry.h"

size_t cambium_int8_stride(const cambium_matrix *w) {
  return cambium_round_up(w->columns / int8_block(w->format) * int8_record(w->format) / 4, 16);
}

void cambium_int8_prepare(const cambium_matrix *w, const float *x, size_t m, float *prepared) {
  int8_kernels_of(w).prepare(w, x, m, prepared);
}

void cambium_int8_product(
    const cambium_matrix *w, size_t first, size_t last, const float *prepared, size_t m, float *y, size_t y_stride) {
  int8_product(w, first, last, prepared, m, y, y_stride);
}

#pragma clang attribute pop

int cambium_int8_available(const cambium_matrix *w) {
  switch (w->format) {
    case CAMBIUM_W_MXFP4:
    case CAMBIUM_W_NVFP4:
      break;
    case CAMBIUM_W_AFFINE4:
    case CAMBIUM_W_AFFINE8:
      if (w->group != 32 && w->group != 64 && w->group != 128) return 0;
      break;
    default:
      return 0;
  }
  return cambium_simd_tier() == CAMBIUM_TIER_AVX512 && __builtin_cpu_supports("avx512vnni") &&
         __builtin_cpu_supports("avx512vbmi");
}

#else

int cambium_int8_available(const cambium_matrix *w) {
  (void)w;
  return 0;
}

#endif
