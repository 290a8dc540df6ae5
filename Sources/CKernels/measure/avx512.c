// The error sums by hand in AVX-512.
#if defined(__x86_64__)

#include <immintrin.h>

#include "../common/scalar.h"
#include "../common/stored.h"
#include "../decode/kernels.h"
#include "kernels.h"

#define CAMBIUM_DECODE cambium_decode_avx512

#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,bmi2,popcnt,f16c"))), apply_to = function)

#include "errors.inc.h"
#include "errors_avx512.inc.h"
#include "measure.inc.h"

#pragma clang attribute pop

const cambium_measure_kernels cambium_measure_avx512 = {tier_error_block, tier_measure};

#endif
