// The shape of a matrix of weights as the products see it, and the sizes in which they take it.
#ifndef CAMBIUM_MATRIX_H
#define CAMBIUM_MATRIX_H

#include "../include/CKernels.h"

// Columns whose scales are decoded at once: a multiple of every unit, and of 16 groups.
#define CAMBIUM_CHUNK 8192

// Numbers of x that the nearest cache holds beside the weights.
#define CAMBIUM_NEAR_NUMBERS 8192

// Columns whose weights are decoded at once for many rows of x; a multiple of every unit.
#define CAMBIUM_BLOCK 1024
// Rows of x whose partial sums are kept meanwhile.
#define CAMBIUM_BLOCK_ROWS 64
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

// Elements of x in a prepared row, without the sums after them.
static inline size_t cambium_prepared_columns(const cambium_matrix *w) {
  size_t unit = cambium_unit(w);
  return cambium_round_up(w->columns, unit ? unit : 16);
}

static inline int cambium_is_affine(const cambium_matrix *w) { return w->format >= CAMBIUM_W_AFFINE2; }

#endif
