// The decoders by hand in AVX-512.
#if defined(__x86_64__)

#include <immintrin.h>

#include "../common/scalar.h"
#include "../common/stored.h"
#include "kernels.h"

#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,bmi2,popcnt,f16c"))), apply_to = function)

#include "../common/widen.inc.h"
#include "../common/registers_avx512.inc.h"
#include "widen_entry.inc.h"
#include "packed.inc.h"
#include "packed_avx512.inc.h"
#include "fp8.inc.h"
#include "fp8_avx512.inc.h"
#define FP8_RUN avx512_fp8
#include "fp8_entry.inc.h"

#pragma clang attribute pop

const cambium_decode_kernels cambium_decode_avx512 = {tier_widen, tier_decode, tier_decode_fp8};

#endif
