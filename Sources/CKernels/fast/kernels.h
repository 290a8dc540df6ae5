// The fast products: rows of x in bf16, or in int8. Stride, order and product go together as those of the others do.
#ifndef CAMBIUM_FAST_KERNELS_H
#define CAMBIUM_FAST_KERNELS_H

#include "../include/CKernels.h"

#if defined(__x86_64__)
size_t cambium_bf16_stride(const cambium_matrix *w);
void cambium_bf16_prepare(const cambium_matrix *w, const float *x, size_t m, float *prepared);
void cambium_bf16_product(
    const cambium_matrix *w, size_t first, size_t last, const float *prepared, size_t m, float *y, size_t y_stride);

size_t cambium_int8_stride(const cambium_matrix *w);
void cambium_int8_prepare(const cambium_matrix *w, const float *x, size_t m, float *prepared);
void cambium_int8_product(
    const cambium_matrix *w, size_t first, size_t last, const float *prepared, size_t m, float *y, size_t y_stride);
#endif

#endif
