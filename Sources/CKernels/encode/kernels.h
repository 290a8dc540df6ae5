// The encoders of one tier; portable.c, avx2.c and avx512.c fill one table each.
#ifndef CAMBIUM_ENCODE_KERNELS_H
#define CAMBIUM_ENCODE_KERNELS_H

#include "../include/CKernels.h"

typedef struct {
  size_t (*first_nonfinite)(const void *, int, size_t);
  ptrdiff_t (*mx)(const void *, const cambium_mx_format *, size_t, uint8_t *, uint8_t *);
  void (*affine)(const void *, int, int, size_t, int, size_t, uint8_t *, void *, void *);
  void (*nvfp4)(const void *, int, int, size_t, uint8_t *, uint8_t *);
  void (*search)(const cambium_packed_format *, size_t, const void *, uint8_t *, void *, void *);
} cambium_encode_kernels;

extern const cambium_encode_kernels cambium_encode_portable;
#if defined(__x86_64__)
extern const cambium_encode_kernels cambium_encode_avx2;
extern const cambium_encode_kernels cambium_encode_avx512;
#endif

#endif
