// The fast product: in integers where there is one (arithmetic_int8.c), else in AVX-512 with BF16; see body_fast.h.
#include "arithmetic_int8.h"
#include "arithmetic_tiers.h"

#if defined(__x86_64__)

#include <immintrin.h>

#include "scalar.h"

static size_t cambium_sums_of_groups(const cambium_matrix *w) {
  return cambium_is_affine(w) ? cambium_round_up(w->columns / w->group, 16) : 0;
}

static size_t cambium_bf16_stride(const cambium_matrix *w) {
  const size_t columns = cambium_round_up(cambium_prepared_columns(w), w->format == CAMBIUM_W_BF16 ? 128 : 32);
  return columns / 2 + cambium_sums_of_groups(w);
}

#define CAMBIUM_UNROLL _Pragma("unroll")
#define CAMBIUM_FEW 4
#define CAMBIUM_PAIRS_OF_OUTPUTS 1
#define CAMBIUM_TILE_O 6

#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512bf16,fma,f16c"))), apply_to = function)

#include "body_lanes.h"
#include "body_decoding_avx512.h"
#include "body_weights.h"
#include "body_formats.h"
#include "body_row_weights.h"
#include "body_interleave.h"
#include "body_biases.h"
#include "body_fast.h"
#include "body_fast_blocked.h"

#pragma clang attribute pop

int cambium_has_fast(void) {
  return cambium_simd_tier() == CAMBIUM_TIER_AVX512 && __builtin_cpu_supports("avx512bf16");
}

int cambium_fast_available(const cambium_matrix *w) { return w->format >= CAMBIUM_W_BF16 && cambium_has_fast(); }

size_t cambium_fast_stride(const cambium_matrix *w) {
  return cambium_int8_available(w) ? cambium_int8_stride(w) : cambium_bf16_stride(w);
}

void cambium_fast_prepare(const cambium_matrix *w, const float *x, size_t m, float *prepared) {
  if (cambium_int8_available(w)) return cambium_int8_prepare(w, x, m, prepared);
  fast_prepare(w, x, m, prepared);
}

void cambium_fast_product(
    const cambium_matrix *w, size_t first, size_t last, const float *prepared, size_t m, float *y, size_t y_stride) {
  if (cambium_int8_available(w)) return cambium_int8_product(w, first, last, prepared, m, y, y_stride);
  fast_product(w, first, last, prepared, m, y, y_stride);
}

#else

int cambium_has_fast(void) { return 0; }

int cambium_fast_available(const cambium_matrix *w) {
  (void)w;
  return 0;
}

size_t cambium_fast_stride(const cambium_matrix *w) { return cambium_prepared_stride(w); }

void cambium_fast_prepare(const cambium_matrix *w, const float *x, size_t m, float *prepared) {
  cambium_prepare(w, x, m, prepared);
}

void cambium_fast_product(
    const cambium_matrix *w, size_t first, size_t last, const float *prepared, size_t m, float *y, size_t y_stride) {
  cambium_product(w, first, last, prepared, m, y, y_stride);
}

#endif
