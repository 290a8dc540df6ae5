// The canonical vector functions of one tier; portable.c, avx2.c and avx512.c fill one table each.
#ifndef CAMBIUM_VECTOR_KERNELS_H
#define CAMBIUM_VECTOR_KERNELS_H

#include "../include/CKernels.h"

typedef struct {
  float (*dot)(const float *, const float *, size_t);
  float (*sum)(const float *, size_t);
  float (*maximum)(const float *, size_t);
  void (*apply)(int, const float *, size_t, float *);
  void (*gate_sigmoid)(const float *, size_t, float *);
  void (*gate_silu)(const float *, const float *, size_t, float *);
  void (*scale)(const float *, float, const float *, size_t, float *);
  void (*add_product)(const float *, float, size_t, float *);
  float (*exponentials)(float *, size_t);
  void (*attend)(const float *, const float *, const float *, size_t, size_t, size_t, float, float *, float *);
  void (*convolve)(const float *, size_t, size_t, const float *, size_t, float *);
  void (*delta_steps)(float *, size_t, size_t, const cambium_delta_record *, const cambium_delta_tokens *, float *);
} cambium_vector_kernels;

extern const cambium_vector_kernels cambium_vector_portable;
#if defined(__x86_64__)
extern const cambium_vector_kernels cambium_vector_avx2;
extern const cambium_vector_kernels cambium_vector_avx512;
#endif

#define CAMBIUM_VECTOR_TABLE                                                                                        \
  {                                                                                                                 \
    tier_dot, tier_sum, tier_maximum, tier_apply, tier_gate_sigmoid, tier_gate_silu, tier_scale, tier_add_product,  \
        tier_exponentials, tier_attend, tier_convolve, tier_delta_steps                                             \
  }

#endif
