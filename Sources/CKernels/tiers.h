// The table of kernels of one tier. Each tier_*.c file fills one.
#ifndef CAMBIUM_TIERS_H
#define CAMBIUM_TIERS_H

#include "include/CKernels.h"

typedef struct {
  size_t (*first_nonfinite)(const void *, int, size_t);
  void (*widen)(const void *, int, float *, size_t);
  ptrdiff_t (*encode_mx)(const void *, int, int, size_t, uint8_t *, uint8_t *);
  void (*encode_affine)(const void *, int, int, size_t, int, size_t, uint8_t *, void *, void *);
  void (*encode_nvfp4_metal)(const void *, int, size_t, uint8_t *, uint8_t *);
  float (*error_sums)(const float *, const float *, size_t, double *);
} cambium_kernels;

extern const cambium_kernels cambium_portable_kernels;
#if defined(__x86_64__)
extern const cambium_kernels cambium_avx2_kernels;
extern const cambium_kernels cambium_avx512_kernels;
#endif

#endif
