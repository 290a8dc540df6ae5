// Decoding of packed weights, and error measures between a tensor and what its packed form decodes to.
// Every pointer may be unaligned; every size is in elements or groups, never in bytes.
#ifndef CAMBIUM_CKERNELS_DECODE_H
#define CAMBIUM_CKERNELS_DECODE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// Modes of the packed form.
enum { CAMBIUM_AFFINE = 0, CAMBIUM_MXFP4 = 1, CAMBIUM_MXFP8 = 2, CAMBIUM_NVFP4 = 3 };

// A packed form. `group_size`: 32, 64 or 128 for affine, 32 for mx, 16 for nvfp4. `type`: the type T to which values are
// rounded, for affine also that of scales and biases (CAMBIUM_BF16, CAMBIUM_F16 or CAMBIUM_F32).
typedef struct {
  int mode;
  int bits;
  int type;
  size_t group_size;
} cambium_packed_format;

// Values as f32: affine T(T(code * scale) + bias); mx and nvfp4 T(element * scale). NaN comes out as 0x7FC00000.
void cambium_decode(
    const cambium_packed_format *format, size_t groups, const uint8_t *weight, const void *scales, const void *biases,
    float *output);

// A matrix of E4M3 numbers with one scale for each block of `block_rows` rows and `block_columns` columns; the blocks at the
// right and lower edge may be partial. scales: one row of ceil(columns / block_columns) for each row of blocks.
typedef struct {
  size_t columns;
  size_t block_rows;
  size_t block_columns;
  int scale_type;
} cambium_fp8_format;

// bf16(E4M3 * scale) of `rows` rows from row `first_row` of the matrix on: the product in f32, then nearest even.
// `codes` and `output` begin at that row, `scales` is the whole grid. Returns the index in `output` of the first number
// that is not finite (NaN codes 0x7F and 0xFF, bad scales, overflow), the output from there on having no meaning;
// rows * columns if there is none.
size_t cambium_decode_fp8(
    const cambium_fp8_format *format, size_t first_row, size_t rows, const uint8_t *codes, const void *scales,
    void *output);

// Sums over pairs of elements x (original) and y (decoded), and what is told of groups.
typedef struct {
  // Sums of x * y, x * x, y * y and d * d in double, d = x - y rounded to f32; products are exact. Element i of a call
  // goes to lane i mod 16; lanes are added pairwise (16, 8, 4, 2, 1): the same bits in every tier.
  double dot, original_squares, decoded_squares, difference_squares;
  // Elements that the packed form cannot reach, groups with such an element, and groups that are all zero when decoded
  // but not in the original. See cambium_measure.
  uint64_t clipped, clipped_groups, zeroed_groups;
  // Index of the first element with the largest |d|; 0 if all d are 0.
  uint64_t largest_index;
  // The largest |d|, 0x7FC00000 if any is NaN; the largest |x|.
  float largest_difference, largest_original;
} cambium_error_sums;

// Measures `count` pairs. Clipped and zeroed groups stay 0.
void cambium_compare(const float *original, const float *decoded, size_t count, cambium_error_sums *sums);

// Decodes and measures against `input`, elements of type `input_type`, in one pass over both.
// Clipped is, in mx and nvfp4, an element with |x| above 6 (448 in mxfp8) times a scale above zero; in affine, an element
// more than half a step outside bias ... bias + (2^bits - 1) * scale.
void cambium_measure(
    const cambium_packed_format *format, size_t groups, const void *input, int input_type, const uint8_t *weight,
    const void *scales, const void *biases, cambium_error_sums *sums);

#ifdef __cplusplus
}
#endif

#endif
