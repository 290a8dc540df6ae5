// The same source for AVX2 with FMA and F16C: sixteen lanes are two registers.
#if defined(__x86_64__)

#include <immintrin.h>

#include "../common/lanes.h"
#include "../common/scalar.h"
#include "kernels.h"

#define CAMBIUM_UNROLL _Pragma("unroll")

#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)

#include "../common/lanes.inc.h"
#include "functions.inc.h"
#include "functions_entry.inc.h"
#include "reductions.inc.h"
#include "attention.inc.h"
#include "convolution.inc.h"
#include "delta.inc.h"

#pragma clang attribute pop

const cambium_vector_kernels cambium_vector_avx2 = CAMBIUM_VECTOR_TABLE;

#endif
