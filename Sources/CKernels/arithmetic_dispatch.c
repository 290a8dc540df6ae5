// The public entry points of the arithmetic.
#include "arithmetic_tiers.h"

static const cambium_arithmetic *arithmetic(void) {
#if defined(__x86_64__)
  switch (cambium_simd_tier()) {
    case CAMBIUM_TIER_AVX2:
      // Processors with AVX2 but without FMA or F16C take the portable tier.
      if (__builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c")) return &cambium_arithmetic_avx2;
      break;
    case CAMBIUM_TIER_AVX512:
      return &cambium_arithmetic_avx512;
    default:
      break;
  }
#endif
  return &cambium_arithmetic_portable;
}

size_t cambium_prepared_stride(const cambium_matrix *w) {
  const size_t sums = cambium_is_affine(w) ? cambium_round_up(w->columns / w->group, 16) : 0;
  return cambium_prepared_columns(w) + sums;
}

void cambium_prepare(const cambium_matrix *w, const float *x, size_t m, float *prepared) {
  arithmetic()->prepare(w, x, m, prepared);
}

void cambium_product(
    const cambium_matrix *w, size_t first, size_t last, const float *prepared, size_t m, float *y, size_t y_stride) {
  arithmetic()->product(w, first, last, prepared, m, y, y_stride);
}

void cambium_decode_row(const cambium_matrix *w, size_t row, float *y) { arithmetic()->decode_row(w, row, y); }

float cambium_dot(const float *a, const float *b, size_t count) { return arithmetic()->dot(a, b, count); }

float cambium_sum(const float *a, size_t count) { return arithmetic()->sum(a, count); }

float cambium_maximum(const float *a, size_t count) { return arithmetic()->maximum(a, count); }

void cambium_apply(int function, const float *x, size_t count, float *y) {
  arithmetic()->apply(function, x, count, y);
}

void cambium_gate_sigmoid(const float *gate, size_t count, float *y) { arithmetic()->gate_sigmoid(gate, count, y); }

void cambium_gate_silu(const float *gate, const float *up, size_t count, float *y) {
  arithmetic()->gate_silu(gate, up, count, y);
}

void cambium_scale(const float *x, float factor, const float *weight, size_t count, float *y) {
  arithmetic()->scale(x, factor, weight, count, y);
}

void cambium_add_product(const float *x, float factor, size_t count, float *y) {
  arithmetic()->add_product(x, factor, count, y);
}

float cambium_exponentials(float *scores, size_t count) { return arithmetic()->exponentials(scores, count); }

void cambium_attend(
    const float *query, const float *keys, const float *values, size_t dimension, size_t stride, size_t positions,
    float scale, float *out, float *scratch) {
  arithmetic()->attend(query, keys, values, dimension, stride, positions, scale, out, scratch);
}

void cambium_convolve(
    const float *window, size_t stride, size_t taps, const float *weights, size_t count, float *y) {
  arithmetic()->convolve(window, stride, taps, weights, count, y);
}

void cambium_delta_steps(
    float *state, size_t key_dimension, size_t value_dimension, const cambium_delta_record *record,
    const cambium_delta_tokens *tokens, float *scratch) {
  arithmetic()->delta_steps(state, key_dimension, value_dimension, record, tokens, scratch);
}
