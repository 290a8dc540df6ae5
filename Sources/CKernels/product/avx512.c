// The same source for AVX-512: sixteen lanes are one register.
#if defined(__x86_64__)

#include <immintrin.h>

#include "../common/lanes.h"
#include "../common/matrix.h"
#include "../common/scalar.h"
#include "kernels.h"

#define CAMBIUM_UNROLL _Pragma("unroll")
#define CAMBIUM_FEW 4
#define CAMBIUM_PAIRS_OF_OUTPUTS 1
#define CAMBIUM_UNITS_OF_ONE 4
#define CAMBIUM_TILE_O 6

#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,fma,f16c"))), apply_to = function)

#include "../common/lanes.inc.h"
#include "../common/codes_avx512.inc.h"
#include "../common/weights.inc.h"
#include "../common/formats.inc.h"
#include "../common/rows.inc.h"
#include "../common/interleave.inc.h"
#include "prepare.inc.h"
#include "../common/biases.inc.h"
#include "units.inc.h"
#include "quantized.inc.h"
#include "floats.inc.h"
#include "few.inc.h"
#include "blocked.inc.h"
#include "row.inc.h"

#pragma clang attribute pop

const cambium_product_kernels cambium_product_avx512 = {tier_prepare, tier_product, tier_decode_row};

#endif
