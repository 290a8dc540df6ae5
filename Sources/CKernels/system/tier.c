// What the machine has, and the choice of the tier, once.
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "../include/CKernels.h"
#include "machine.h"

#if defined(__x86_64__)
#include <cpuid.h>
#elif defined(__aarch64__) && defined(__linux__)
#include <sys/auxv.h>
#endif

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

int cambium_machine_has_sha(void) {
#if defined(__x86_64__)
  unsigned int a, b, c, d;
  if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_SSSE3) || !(c & bit_SSE4_1)) return 0;
  return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b >> 29 & 1);
#elif defined(__aarch64__) && defined(__APPLE__)
  return 1;  // every Mac with an arm64 processor
#elif defined(__aarch64__) && defined(__linux__)
  return (getauxval(AT_HWCAP) >> 6 & 1) != 0;  // HWCAP_SHA2
#else
  return 0;
#endif
}
