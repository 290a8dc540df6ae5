// The same source for AVX-512: sixteen lanes are one register.
#if defined(__x86_64__)

#include <immintrin.h>

#include "arithmetic_tiers.h"
#include "scalar.h"

#define CAMBIUM_UNROLL _Pragma("unroll")
#define CAMBIUM_FEW 4
#define CAMBIUM_PAIRS_OF_OUTPUTS 1
#define CAMBIUM_UNITS_OF_ONE 4
#define CAMBIUM_TILE_O 6

#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,fma,f16c"))), apply_to = function)

#include "body_lanes.h"
#include "body_decoding_avx512.h"
#include "body_weights.h"
#include "body_formats.h"
#include "body_row_weights.h"
#include "body_interleave.h"
#include "body_prepare.h"
#include "body_biases.h"
#include "body_product.h"
#include "body_blocked.h"
#include "body_decode_row.h"
#include "body_functions.h"
#include "body_vector.h"

#pragma clang attribute pop

const cambium_arithmetic cambium_arithmetic_avx512 = CAMBIUM_ARITHMETIC_TABLE;

#endif
