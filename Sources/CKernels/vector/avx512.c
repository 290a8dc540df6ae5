// The same source for AVX-512: sixteen lanes are one register.
#if defined(__x86_64__)

#include <immintrin.h>

#include "../common/lanes.h"
#include "../common/scalar.h"
#include "kernels.h"

#define CAMBIUM_UNROLL _Pragma("unroll")

#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,fma,f16c"))), apply_to = function)

#include "../common/lanes.inc.h"
#include "functions.inc.h"
#include "functions_entry.inc.h"
#include "reductions.inc.h"
#include "attention.inc.h"
#include "convolution.inc.h"
#include "delta.inc.h"

#pragma clang attribute pop

const cambium_vector_kernels cambium_vector_avx512 = CAMBIUM_VECTOR_TABLE;

#endif
