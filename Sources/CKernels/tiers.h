// The table of kernels of one tier. Each tier_*.c file fills one.
#ifndef CAMBIUM_TIERS_H
#define CAMBIUM_TIERS_H

#include "error_state.h"
#include "include/CKernels.h"

typedef struct {
  size_t (*first_nonfinite)(const void *, int, size_t);
  void (*widen)(const void *, int, float *, size_t);
  ptrdiff_t (*encode_mx)(const void *, const cambium_mx_format *, size_t, uint8_t *, uint8_t *);
  void (*encode_affine)(const void *, int, int, size_t, int, size_t, uint8_t *, void *, void *);
  void (*encode_nvfp4)(const void *, int, int, size_t, uint8_t *, uint8_t *);
  void (*decode)(const cambium_packed_format *, size_t, const uint8_t *, const void *, const void *, float *);
  size_t (*decode_fp8)(const cambium_fp8_format *, size_t, size_t, const uint8_t *, const void *, void *);
  // x, y, groups, elements of a group (a multiple of 16), lowest and highest x that each group reaches, index of x[0].
  void (*error_block)(
      const float *, const float *, size_t, size_t, const float *, const float *, size_t, error_state *);
  void (*measure)(
      const cambium_packed_format *, size_t, const void *, int, const uint8_t *, const void *, const void *,
      error_state *);
} cambium_kernels;

// The kernels of the tier in use.
const cambium_kernels *cambium_kernels_in_use(void);

extern const cambium_kernels cambium_portable_kernels;
#if defined(__x86_64__)
extern const cambium_kernels cambium_avx2_kernels;
extern const cambium_kernels cambium_avx512_kernels;
#endif

#endif
