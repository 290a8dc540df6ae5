// The fast product in integers; see body_int8.h. Stride, order and product go together as those of the others do.
#ifndef CAMBIUM_ARITHMETIC_INT8_H
#define CAMBIUM_ARITHMETIC_INT8_H

#include "include/CKernels.h"

size_t cambium_int8_stride(const cambium_matrix *w);
void cambium_int8_prepare(const cambium_matrix *w, const float *x, size_t m, float *prepared);
void cambium_int8_product(
    const cambium_matrix *w, size_t first, size_t last, const float *prepared, size_t m, float *y, size_t y_stride);

#endif
