// The public entry points: each takes the kernels of the tier in use.
#include <stdatomic.h>

#include "common/matrix.h"
#include "decode/kernels.h"
#include "digest/kernels.h"
#include "encode/kernels.h"
#include "fast/kernels.h"
#include "measure/kernels.h"
#include "product/kernels.h"
#include "system/machine.h"
#include "vector/kernels.h"

// The tiers by number. On arm64 the compiler vectorises the portable one with NEON, its baseline.
#if defined(__x86_64__)
#define TIERS(family) \
  {&cambium_##family##_portable, &cambium_##family##_avx2, &cambium_##family##_avx512, &cambium_##family##_portable}
#else
#define TIERS(family) \
  {&cambium_##family##_portable, &cambium_##family##_portable, &cambium_##family##_portable, &cambium_##family##_portable}
#endif

static const cambium_encode_kernels *const encoders[] = TIERS(encode);
static const cambium_decode_kernels *const decoders[] = TIERS(decode);
static const cambium_measure_kernels *const measures[] = TIERS(measure);
static const cambium_product_kernels *const products[] = TIERS(product);
static const cambium_vector_kernels *const vectors[] = TIERS(vector);

// The tier of products and vector functions: processors with AVX2 but without FMA or F16C take the portable one.
static int arithmetic_tier(void) {
  const int tier = cambium_simd_tier();
#if defined(__x86_64__)
  if (tier == CAMBIUM_TIER_AVX2 && !(__builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c"))) {
    return CAMBIUM_TIER_PORTABLE;
  }
#endif
  return tier;
}

// Encoding.

size_t cambium_first_nonfinite(const void *input, int type, size_t count) {
  return encoders[cambium_simd_tier()]->first_nonfinite(input, type, count);
}

ptrdiff_t cambium_encode_mx(
    const void *input, const cambium_mx_format *format, size_t groups, uint8_t *weight, uint8_t *scales) {
  return encoders[cambium_simd_tier()]->mx(input, format, groups, weight, scales);
}

void cambium_encode_affine(
    const void *input, int type, int bits, size_t group_size, int cpu, size_t groups, uint8_t *weight,
    void *scales, void *biases) {
  encoders[cambium_simd_tier()]->affine(input, type, bits, group_size, cpu, groups, weight, scales, biases);
}

void cambium_encode_nvfp4(const void *input, int type, int cpu, size_t groups, uint8_t *weight, uint8_t *scales) {
  encoders[cambium_simd_tier()]->nvfp4(input, type, cpu, groups, weight, scales);
}

void cambium_search_scales(
    const cambium_packed_format *format, size_t groups, const void *input, uint8_t *weight, void *scales, void *biases) {
  encoders[cambium_simd_tier()]->search(format, groups, input, weight, scales, biases);
}

// Decoding and measuring.

void cambium_widen(const void *input, int type, float *output, size_t count) {
  decoders[cambium_simd_tier()]->widen(input, type, output, count);
}

void cambium_decode(
    const cambium_packed_format *format, size_t groups, const uint8_t *weight, const void *scales, const void *biases,
    float *output) {
  decoders[cambium_simd_tier()]->packed(format, groups, weight, scales, biases, output);
}

size_t cambium_decode_fp8(
    const cambium_fp8_format *format, size_t first_row, size_t rows, const uint8_t *codes, const void *scales,
    void *output) {
  return decoders[cambium_simd_tier()]->fp8(format, first_row, rows, codes, scales, output);
}

const cambium_measure_kernels *cambium_measure_in_use(void) { return measures[cambium_simd_tier()]; }

// Products.

size_t cambium_prepared_stride(const cambium_matrix *w) {
  const size_t sums = cambium_is_affine(w) ? cambium_round_up(w->columns / w->group, 16) : 0;
  return cambium_prepared_columns(w) + sums;
}

void cambium_prepare(const cambium_matrix *w, const float *x, size_t m, float *prepared) {
  products[arithmetic_tier()]->prepare(w, x, m, prepared);
}

void cambium_product(
    const cambium_matrix *w, size_t first, size_t last, const float *prepared, size_t m, float *y, size_t y_stride) {
  products[arithmetic_tier()]->product(w, first, last, prepared, m, y, y_stride);
}

void cambium_decode_row(const cambium_matrix *w, size_t row, float *y) { products[arithmetic_tier()]->row(w, row, y); }

// Fast products: in integers where there is one, else in bf16.

#if defined(__x86_64__)

int cambium_has_fast(void) {
  return cambium_simd_tier() == CAMBIUM_TIER_AVX512 && __builtin_cpu_supports("avx512bf16");
}

int cambium_fast_available(const cambium_matrix *w) { return w->format >= CAMBIUM_W_BF16 && cambium_has_fast(); }

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

size_t cambium_fast_stride(const cambium_matrix *w) {
  return cambium_int8_available(w) ? cambium_int8_stride(w) : cambium_bf16_stride(w);
}

void cambium_fast_prepare(const cambium_matrix *w, const float *x, size_t m, float *prepared) {
  if (cambium_int8_available(w)) return cambium_int8_prepare(w, x, m, prepared);
  cambium_bf16_prepare(w, x, m, prepared);
}

void cambium_fast_product(
    const cambium_matrix *w, size_t first, size_t last, const float *prepared, size_t m, float *y, size_t y_stride) {
  if (cambium_int8_available(w)) return cambium_int8_product(w, first, last, prepared, m, y, y_stride);
  cambium_bf16_product(w, first, last, prepared, m, y, y_stride);
}

#else

int cambium_has_fast(void) { return 0; }

int cambium_fast_available(const cambium_matrix *w) {
  (void)w;
  return 0;
}

int cambium_int8_available(const cambium_matrix *w) {
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

// Vectors.

float cambium_dot(const float *a, const float *b, size_t count) {
  return vectors[arithmetic_tier()]->dot(a, b, count);
}

float cambium_sum(const float *a, size_t count) { return vectors[arithmetic_tier()]->sum(a, count); }

float cambium_maximum(const float *a, size_t count) { return vectors[arithmetic_tier()]->maximum(a, count); }

void cambium_apply(int function, const float *x, size_t count, float *y) {
  vectors[arithmetic_tier()]->apply(function, x, count, y);
}

void cambium_gate_sigmoid(const float *gate, size_t count, float *y) {
  vectors[arithmetic_tier()]->gate_sigmoid(gate, count, y);
}

void cambium_gate_silu(const float *gate, const float *up, size_t count, float *y) {
  vectors[arithmetic_tier()]->gate_silu(gate, up, count, y);
}

void cambium_scale(const float *x, float factor, const float *weight, size_t count, float *y) {
  vectors[arithmetic_tier()]->scale(x, factor, weight, count, y);
}

void cambium_add_product(const float *x, float factor, size_t count, float *y) {
  vectors[arithmetic_tier()]->add_product(x, factor, count, y);
}

float cambium_exponentials(float *scores, size_t count) {
  return vectors[arithmetic_tier()]->exponentials(scores, count);
}

void cambium_attend(
    const float *query, const float *keys, const float *values, size_t dimension, size_t stride, size_t positions,
    float scale, float *out, float *scratch) {
  vectors[arithmetic_tier()]->attend(query, keys, values, dimension, stride, positions, scale, out, scratch);
}

void cambium_convolve(
    const float *window, size_t stride, size_t taps, const float *weights, size_t count, float *y) {
  vectors[arithmetic_tier()]->convolve(window, stride, taps, weights, count, y);
}

void cambium_delta_steps(
    float *state, size_t key_dimension, size_t value_dimension, const cambium_delta_record *record,
    const cambium_delta_tokens *tokens, float *scratch) {
  vectors[arithmetic_tier()]->delta_steps(state, key_dimension, value_dimension, record, tokens, scratch);
}

// SHA-256.

int cambium_sha256_accelerated(void) {
  static atomic_int known = -1;
  int has = atomic_load_explicit(&known, memory_order_relaxed);
  if (has < 0) {
    has = cambium_machine_has_sha();
    atomic_store_explicit(&known, has, memory_order_relaxed);
  }
  return has && cambium_simd_tier() != CAMBIUM_TIER_PORTABLE;
}

#if defined(__x86_64__)
#define SHA256(form) cambium_sha256_##form##x86
#elif defined(__aarch64__)
#define SHA256(form) cambium_sha256_##form##arm
#endif

void cambium_sha256_blocks(uint32_t state[8], const uint8_t *data, size_t blocks) {
#if defined(SHA256)
  if (cambium_sha256_accelerated()) return SHA256()(state, data, blocks);
#endif
  cambium_sha256_blocks_portable(state, data, blocks);
}

void cambium_sha256_blocks_pair(
    uint32_t a_state[8], const uint8_t *a, uint32_t b_state[8], const uint8_t *b, size_t blocks) {
#if defined(SHA256)
  if (cambium_sha256_accelerated()) return SHA256(pair_)(a_state, a, b_state, b, blocks);
#endif
  cambium_sha256_blocks_portable(a_state, a, blocks);
  cambium_sha256_blocks_portable(b_state, b, blocks);
}

void cambium_sha256_pages(uint32_t digests[][8], const uint8_t *data, size_t page_bytes, size_t pages) {
  size_t done = 0;
#if defined(__x86_64__)
  if (cambium_simd_tier() == CAMBIUM_TIER_AVX512) {
    // Sixteen take as long as eight in pairs.
    while (pages - done > 8) {
      size_t count = pages - done < 16 ? pages - done : 16;
      cambium_sha256_pages_avx512(digests + done, data + done * page_bytes, page_bytes, count);
      done += count;
    }
  }
#endif
  cambium_sha256_pages_in_pairs(digests + done, data + done * page_bytes, page_bytes, pages - done);
}
