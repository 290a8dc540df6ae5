// The canonical products of one tier; portable.c, avx2.c and avx512.c fill one table each.
#ifndef CAMBIUM_PRODUCT_KERNELS_H
#define CAMBIUM_PRODUCT_KERNELS_H

#include "../include/CKernels.h"

typedef struct {
  void (*prepare)(const cambium_matrix *, const float *, size_t, float *);
  void (*product)(const cambium_matrix *, size_t, size_t, const float *, size_t, float *, size_t);
  void (*row)(const cambium_matrix *, size_t, float *);
} cambium_product_kernels;

extern const cambium_product_kernels cambium_product_portable;
#if defined(__x86_64__)
extern const cambium_product_kernels cambium_product_avx2;
extern const cambium_product_kernels cambium_product_avx512;
#endif

#endif
