// The same source, compiled for AVX2. No FMA in the target: nothing may be contracted.
#if defined(__x86_64__)

#include <immintrin.h>

#include "../common/scalar.h"
#include "../common/stored.h"
#include "../decode/kernels.h"
#include "kernels.h"

#define CAMBIUM_DECODE cambium_decode_avx2

#pragma clang attribute push(__attribute__((target("avx2"))), apply_to = function)

#include "errors.inc.h"
#include "errors_entry.inc.h"
#include "measure.inc.h"

#pragma clang attribute pop

const cambium_measure_kernels cambium_measure_avx2 = {tier_error_block, tier_measure};

#endif
