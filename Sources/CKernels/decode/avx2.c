// The same source, compiled for AVX2. No FMA in the target: nothing may be contracted.
#if defined(__x86_64__)

#include <immintrin.h>

#include "../common/scalar.h"
#include "../common/stored.h"
#include "kernels.h"

#pragma clang attribute push(__attribute__((target("avx2"))), apply_to = function)

#include "../common/widen.inc.h"
#include "widen_entry.inc.h"
#include "packed.inc.h"
#include "packed_entry.inc.h"
#include "fp8.inc.h"
#define FP8_RUN fp8_plain
#include "fp8_entry.inc.h"

#pragma clang attribute pop

const cambium_decode_kernels cambium_decode_avx2 = {tier_widen, tier_decode, tier_decode_fp8};

#endif
