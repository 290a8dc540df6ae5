// Choice of the tier, once, and the public entry points.
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "tiers.h"

int cambium_tier_available(int tier) {
  switch (tier) {
    case CAMBIUM_TIER_PORTABLE:
      return 1;
#if defined(__x86_64__)
    case CAMBIUM_TIER_AVX2:
      return __builtin_cpu_supports("avx2") != 0;
    case CAMBIUM_TIER_AVX512:
      return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
             __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
             __builtin_cpu_supports("bmi2");
#elif defined(__aarch64__)
    case CAMBIUM_TIER_NEON:
      return 1;
#endif
    default:
      return 0;
  }
}

static int named_tier(const char *name) {
  static const char *const names[] = {"portable", "avx2", "avx512", "neon"};
  for (int tier = 0; name && tier < 4; tier++) {
    if (strcmp(name, names[tier]) == 0) return tier;
  }
  return -1;
}

// A name that this machine cannot serve falls back to the best tier: results do not depend on it.
static int automatic_tier(void) {
  int named = named_tier(getenv("CAMBIUM_SIMD"));
  if (named >= 0 && cambium_tier_available(named)) return named;
  for (int tier = CAMBIUM_TIER_NEON; tier > CAMBIUM_TIER_PORTABLE; tier--) {
    if (cambium_tier_available(tier)) return tier;
  }
  return CAMBIUM_TIER_PORTABLE;
}

static atomic_int automatic = -1;
static atomic_int forced = -1;
static _Thread_local int forced_here = -1;

int cambium_simd_tier(void) {
  if (forced_here >= 0) return forced_here;
  int tier = atomic_load_explicit(&forced, memory_order_relaxed);
  if (tier >= 0) return tier;
  tier = atomic_load_explicit(&automatic, memory_order_relaxed);
  if (tier < 0) {
    tier = automatic_tier();
    atomic_store_explicit(&automatic, tier, memory_order_relaxed);
  }
  return tier;
}

int cambium_force_tier(int tier) {
  if (tier != -1 && !cambium_tier_available(tier)) return -1;
  atomic_store_explicit(&forced, tier, memory_order_relaxed);
  return 0;
}

int cambium_force_tier_here(int tier) {
  if (tier != -1 && !cambium_tier_available(tier)) return -1;
  forced_here = tier;
  return 0;
}

const cambium_kernels *cambium_kernels_in_use(void) {
#if defined(__x86_64__)
  switch (cambium_simd_tier()) {
    case CAMBIUM_TIER_AVX2:
      return &cambium_avx2_kernels;
    case CAMBIUM_TIER_AVX512:
      return &cambium_avx512_kernels;
    default:
      break;
  }
#endif
  return &cambium_portable_kernels;  // arm64: the compiler vectorises this with NEON, its baseline
}

size_t cambium_first_nonfinite(const void *input, int type, size_t count) {
  return cambium_kernels_in_use()->first_nonfinite(input, type, count);
}

void cambium_widen(const void *input, int type, float *output, size_t count) {
  cambium_kernels_in_use()->widen(input, type, output, count);
}

ptrdiff_t cambium_encode_mx(
    const void *input, const cambium_mx_format *format, size_t groups, uint8_t *weight, uint8_t *scales) {
  return cambium_kernels_in_use()->encode_mx(input, format, groups, weight, scales);
}

void cambium_encode_affine(
    const void *input, int type, int bits, size_t group_size, int cpu, size_t groups, uint8_t *weight,
    void *scales, void *biases) {
  cambium_kernels_in_use()->encode_affine(input, type, bits, group_size, cpu, groups, weight, scales, biases);
}

void cambium_encode_nvfp4(const void *input, int type, int cpu, size_t groups, uint8_t *weight, uint8_t *scales) {
  cambium_kernels_in_use()->encode_nvfp4(input, type, cpu, groups, weight, scales);
}
