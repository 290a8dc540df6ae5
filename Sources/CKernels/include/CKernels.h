// Kernels of the quantizer, each in several instruction-set tiers that produce the same bytes.
// Every pointer may be unaligned; every size is in elements or groups, never in bytes.
// Input elements must be finite (see cambium_first_nonfinite); the callers check, except for cambium_encode_mx.
#ifndef CAMBIUM_CKERNELS_H
#define CAMBIUM_CKERNELS_H

#include <stddef.h>
#include <stdint.h>

#include "CKernelsArithmetic.h"
#include "CKernelsDecode.h"
#include "CKernelsDigest.h"
#include "CKernelsFiles.h"
#include "CKernelsMapped.h"
#include "CKernelsMeasure.h"
#include "CKernelsThreads.h"

#ifdef __cplusplus
extern "C" {
#endif

// Tiers, in the order of preference within one architecture.
enum {
  CAMBIUM_TIER_PORTABLE = 0,
  CAMBIUM_TIER_AVX2 = 1,
  CAMBIUM_TIER_AVX512 = 2,
  CAMBIUM_TIER_NEON = 3
};

// Storage types of elements and of affine scales and biases.
enum { CAMBIUM_BF16 = 0, CAMBIUM_F16 = 1, CAMBIUM_F32 = 2 };

// The tier in use: the best this machine has, or the one named by the environment variable
// CAMBIUM_SIMD (portable, avx2, avx512, neon; read once), or the one forced.
int cambium_simd_tier(void);

// Whether this machine can run a tier: 1 or 0.
int cambium_tier_available(int tier);

// Uses a tier from now on, process-wide; -1 returns to the automatic choice.
// Returns 0, or -1 (and changes nothing) if this machine does not have the tier.
int cambium_force_tier(int tier);

// The same for the calling thread alone, for tests that run beside others; it goes before cambium_force_tier.
int cambium_force_tier_here(int tier);

// Index of the first element that is NaN or infinite; `count` if there is none.
size_t cambium_first_nonfinite(const void *input, int type, size_t count);

// Exact conversion to f32.
void cambium_widen(const void *input, int type, float *output, size_t count);

// An mx format. bits: 4 (mxfp4) or 8 (mxfp8). `cpu` selects the rules of MLX's CPU backend instead of Metal's.
// `steps` NULL: scale rule "ceil". Else rule "round", and for the CPU backend steps[i] is the smallest fraction (23 bits)
// with which a ratio of the exponent first_exponent + i takes the next exponent.
typedef struct {
  int type;
  int bits;
  int cpu;
  const uint32_t *steps;
  int step_count;
  int first_exponent;
} cambium_mx_format;

// mx encoding, groups of 32. weight: 4 * bits bytes a group; scales: one byte.
// Returns how many scales were outside E8M0 (clamped for Metal, wrapped for the CPU backend), or
// -1, the output then being incomplete, if the input has a NaN or an infinity.
ptrdiff_t cambium_encode_mx(
    const void *input, const cambium_mx_format *format, size_t groups, uint8_t *weight, uint8_t *scales);

// Affine, bits 2, 3, 4, 5, 6 or 8, group size 32, 64 or 128, any element type; scales and biases in that type.
void cambium_encode_affine(
    const void *input, int type, int bits, size_t group_size, int cpu, size_t groups, uint8_t *weight,
    void *scales, void *biases);

// nvfp4, groups of 16, any element type. weight: 8 bytes a group; scales: one E4M3 byte.
void cambium_encode_nvfp4(const void *input, int type, int cpu, size_t groups, uint8_t *weight, uint8_t *scales);

// The search of scales on groups that are encoded: where a candidate decodes to less squared error, its codes, scale and
// bias replace what is there. `type` is that of the elements, and of affine scales and biases. No candidate of the mx
// modes is outside E8M0, none of nvfp4 is 0.
void cambium_search_scales(
    const cambium_packed_format *format, size_t groups, const void *input, uint8_t *weight, void *scales, void *biases);

// Tells the processor that the calling thread spins.
static inline void cambium_pause(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

#ifdef __cplusplus
}
#endif

#endif
