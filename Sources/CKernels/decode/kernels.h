// The decoders of one tier; portable.c, avx2.c and avx512.c fill one table each.
#ifndef CAMBIUM_DECODE_KERNELS_H
#define CAMBIUM_DECODE_KERNELS_H

#include "../include/CKernels.h"

typedef struct {
  void (*widen)(const void *, int, float *, size_t);
  void (*packed)(const cambium_packed_format *, size_t, const uint8_t *, const void *, const void *, float *);
  size_t (*fp8)(const cambium_fp8_format *, size_t, size_t, const uint8_t *, const void *, void *);
} cambium_decode_kernels;

extern const cambium_decode_kernels cambium_decode_portable;
#if defined(__x86_64__)
extern const cambium_decode_kernels cambium_decode_avx2;
extern const cambium_decode_kernels cambium_decode_avx512;
#endif

#endif
