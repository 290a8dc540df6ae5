// The error measures of one tier; portable.c, avx2.c and avx512.c fill one table each.
#ifndef CAMBIUM_MEASURE_KERNELS_H
#define CAMBIUM_MEASURE_KERNELS_H

#include "../include/CKernels.h"
#include "state.h"

typedef struct {
  // x, y, groups, elements of a group (a multiple of 16), lowest and highest x that each group reaches, index of x[0].
  void (*errors)(const float *, const float *, size_t, size_t, const float *, const float *, size_t, error_state *);
  void (*packed)(
      const cambium_packed_format *, size_t, const void *, int, const uint8_t *, const void *, const void *,
      error_state *);
} cambium_measure_kernels;

extern const cambium_measure_kernels cambium_measure_portable;
#if defined(__x86_64__)
extern const cambium_measure_kernels cambium_measure_avx2;
extern const cambium_measure_kernels cambium_measure_avx512;
#endif

// The measures of the tier in use (dispatch.c).
const cambium_measure_kernels *cambium_measure_in_use(void);

#endif
