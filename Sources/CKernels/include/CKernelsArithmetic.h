// Kernels of the runner's canonical arithmetic (page "Canonical arithmetic" of Inference): f32, sixteen lanes, one order of
// operations per result, the same bits in every tier. Pointers may be unaligned; sizes are in elements.
#ifndef CAMBIUM_ARITHMETIC_H
#define CAMBIUM_ARITHMETIC_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// How the elements of a weight matrix are stored.
enum {
  CAMBIUM_W_F32 = 0,
  CAMBIUM_W_F16 = 1,
  CAMBIUM_W_BF16 = 2,
  CAMBIUM_W_MXFP4 = 3,
  CAMBIUM_W_MXFP8 = 4,
  CAMBIUM_W_NVFP4 = 5,
  CAMBIUM_W_AFFINE2 = 6,
  CAMBIUM_W_AFFINE3 = 7,
  CAMBIUM_W_AFFINE4 = 8,
  CAMBIUM_W_AFFINE5 = 9,
  CAMBIUM_W_AFFINE6 = 10,
  CAMBIUM_W_AFFINE8 = 11
};

// A row-major matrix in MLX's packing; columns are a multiple of the group.
typedef struct {
  int format;     // CAMBIUM_W_...
  int parameter;  // type of affine scales and biases: CAMBIUM_BF16, CAMBIUM_F16, CAMBIUM_F32
  size_t group;   // columns that share a scale; 1 for the float formats
  size_t columns;
  const void *codes, *scales, *biases;
} cambium_matrix;

// Elements of one prepared row of x.
size_t cambium_prepared_stride(const cambium_matrix *w);

// Puts m rows of x (columns elements each, contiguous) into the order in which the kernels read them, with the sums of
// the groups after them for affine. The order depends on format, group and columns only.
void cambium_prepare(const cambium_matrix *w, const float *x, size_t m, float *prepared);

// y[r * y_stride + o] = W[o] . x[r] for first <= o < last, r < m; m >= 1.
void cambium_product(
    const cambium_matrix *w, size_t first, size_t last, const float *prepared, size_t m, float *y, size_t y_stride);

// The fast product, which is not canonical: x is rounded, to int8 in blocks where cambium_int8_available returns 1, else to
// bf16. Rows of x do not see each other, but the bits are those of machines with AVX-512 BF16 (and VNNI) alone. Stride,
// order and product go together, as above; only for matrices for which cambium_fast_available returns 1.
int cambium_has_fast(void);
int cambium_fast_available(const cambium_matrix *w);
int cambium_int8_available(const cambium_matrix *w);
size_t cambium_fast_stride(const cambium_matrix *w);
void cambium_fast_prepare(const cambium_matrix *w, const float *x, size_t m, float *prepared);
void cambium_fast_product(
    const cambium_matrix *w, size_t first, size_t last, const float *prepared, size_t m, float *y, size_t y_stride);

// One row dequantized: mx and nvfp4 in f32, affine with two roundings to the type of its parameters.
void cambium_decode_row(const cambium_matrix *w, size_t row, float *y);

float cambium_dot(const float *a, const float *b, size_t count);
float cambium_sum(const float *a, size_t count);
float cambium_maximum(const float *a, size_t count);

// Element by element; y may be x.
enum {
  CAMBIUM_EXP = 0,
  CAMBIUM_LOG = 1,
  CAMBIUM_LOG1P = 2,
  CAMBIUM_SIGMOID = 3,
  CAMBIUM_SILU = 4,
  CAMBIUM_SOFTPLUS = 5,
  CAMBIUM_SINE = 6,
  CAMBIUM_COSINE = 7
};
void cambium_apply(int function, const float *x, size_t count, float *y);

// y = y * sigmoid(gate).
void cambium_gate_sigmoid(const float *gate, size_t count, float *y);

// y = silu(gate) * up.
void cambium_gate_silu(const float *gate, const float *up, size_t count, float *y);

// y = x * factor * weight; no weight if NULL.
void cambium_scale(const float *x, float factor, const float *weight, size_t count, float *y);

// y = factor * x + y, one rounding.
void cambium_add_product(const float *x, float factor, size_t count, float *y);

// Replaces the scores by exp(score - maximum) and returns their sum.
float cambium_exponentials(float *scores, size_t count);

// One query row of one head over `positions` rows of keys and values, `stride` elements apart.
void cambium_attend(
    const float *query, const float *keys, const float *values, size_t dimension, size_t stride, size_t positions,
    float scale, float *out, float *scratch);

// One row of the causal depthwise convolution, then silu.
void cambium_convolve(
    const float *window, size_t stride, size_t taps, const float *weights, size_t count, float *y);

// Tokens of one head of the gated delta rule that were run on a copy of the state: what each needs to go into the state
// itself. Row r begins r strides after the first.
typedef struct {
  // Tokens to go into the state.
  size_t count;
  const float *keys;
  size_t key_stride;
  const float *decays;
  size_t decay_stride;
  // beta * (v - S k), value_dimension elements a row.
  float *updates;
  size_t update_stride;
} cambium_delta_record;

// Tokens to run. Queries, keys and values share a stride, decays and betas another.
typedef struct {
  size_t count;
  const float *queries, *keys, *values;
  size_t stride;
  const float *decays, *betas;
  size_t gate_stride;
  float *out;
  size_t out_stride;
} cambium_delta_tokens;

// Some tokens of one head of the gated delta rule, one after another; state is value_dimension rows of key_dimension.
// The record's tokens go into the state first. With scratch (4 * key_dimension elements) the new tokens do not change the
// state, and their updates replace the record's; without (NULL) they go into the state, and the record may be empty.
void cambium_delta_steps(
    float *state, size_t key_dimension, size_t value_dimension, const cambium_delta_record *record,
    const cambium_delta_tokens *tokens, float *scratch);

#ifdef __cplusplus
}
#endif

#endif
