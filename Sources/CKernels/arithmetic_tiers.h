// The table of arithmetic kernels of one tier. Each arithmetic_*.c file fills one.
#ifndef CAMBIUM_ARITHMETIC_TIERS_H
#define CAMBIUM_ARITHMETIC_TIERS_H

#include "include/CKernels.h"

typedef struct {
  void (*prepare)(const cambium_matrix *, const float *, size_t, float *);
  void (*product)(const cambium_matrix *, size_t, size_t, const float *, size_t, float *, size_t);
  void (*decode_row)(const cambium_matrix *, size_t, float *);
  float (*dot)(const float *, const float *, size_t);
  float (*sum)(const float *, size_t);
  float (*maximum)(const float *, size_t);
  void (*apply)(int, const float *, size_t, float *);
  void (*gate_sigmoid)(const float *, size_t, float *);
  void (*gate_silu)(const float *, const float *, size_t, float *);
  void (*scale)(const float *, float, const float *, size_t, float *);
  void (*add_product)(const float *, float, size_t, float *);
  float (*exponentials)(float *, size_t);
  void (*attend)(const float *, const float *, const float *, size_t, size_t, size_t, float, float *, float *);
  void (*convolve)(const float *, size_t, size_t, const float *, size_t, float *);
  void (*delta_steps)(
      float *, size_t, size_t, const cambium_delta_record *, const cambium_delta_tokens *, float *);
} cambium_arithmetic;

extern const cambium_arithmetic cambium_arithmetic_portable;
#if defined(__x86_64__)
extern const cambium_arithmetic cambium_arithmetic_avx2;
extern const cambium_arithmetic cambium_arithmetic_avx512;
#endif

#define CAMBIUM_ARITHMETIC_TABLE                                                                                    \
  {                                                                                                                 \
    tier_prepare, tier_product, tier_decode_row, tier_dot, tier_sum, tier_maximum, tier_apply, tier_gate_sigmoid,   \
        tier_gate_silu, tier_scale, tier_add_product, tier_exponentials, tier_attend, tier_convolve, tier_delta_steps \
  }

// Every function that takes or gives lanes is inlined, so no call ever passes them.
#pragma clang diagnostic ignored "-Wpsabi"

// Sixteen numbers. The compiler maps them to whatever registers the tier has.
typedef float lanes __attribute__((ext_vector_type(16)));
typedef uint32_t lanes_u32 __attribute__((ext_vector_type(16)));
typedef int32_t lanes_i32 __attribute__((ext_vector_type(16)));
typedef uint16_t lanes_u16 __attribute__((ext_vector_type(16)));
typedef uint8_t lanes_u8 __attribute__((ext_vector_type(16)));

// Columns whose scales are decoded at once: a multiple of every unit, and of 16 groups.
#define CAMBIUM_CHUNK 8192

// Numbers of x that the nearest cache holds beside the weights.
#define CAMBIUM_NEAR_NUMBERS 8192

// Columns whose weights are decoded at once for many rows of x; a multiple of every unit.
#define CAMBIUM_BLOCK 1024
// Rows of x whose partial sums are kept meanwhile.
#define CAMBIUM_BLOCK_ROWS 64
// Tokens of the delta rule that go through a few rows of the state before the next few.
#define CAMBIUM_DELTA_TOKENS 16
// From this number of rows on it pays to store the decoded weights instead of decoding them again for every few rows.
#define CAMBIUM_MANY 20

// Columns of one unit: what the lanes add up before a scale is applied (0 for the float formats, which have none).
// Formats of 2 and 4 bits: sixteen 32-bit words of codes; the others: one group.
static inline size_t cambium_unit(const cambium_matrix *w) {
  switch (w->format) {
    case CAMBIUM_W_F32:
    case CAMBIUM_W_F16:
    case CAMBIUM_W_BF16:
      return 0;
    case CAMBIUM_W_MXFP4:
    case CAMBIUM_W_NVFP4:
    case CAMBIUM_W_AFFINE4:
      return 128;
    case CAMBIUM_W_AFFINE2:
      return 256;
    default:
      return w->group;
  }
}

static inline size_t cambium_round_up(size_t n, size_t multiple) { return (n + multiple - 1) / multiple * multiple; }

// Elements of x in a prepared row, without the sums behind them.
static inline size_t cambium_prepared_columns(const cambium_matrix *w) {
  size_t unit = cambium_unit(w);
  return cambium_round_up(w->columns, unit ? unit : 16);
}

static inline int cambium_is_affine(const cambium_matrix *w) { return w->format >= CAMBIUM_W_AFFINE2; }

#endif
