// The encoders by hand in AVX-512.
#if defined(__x86_64__)

#include <immintrin.h>

#include "../common/scalar.h"
#include "../common/stored.h"
#include "kernels.h"
#include "mx_group.h"

#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,bmi2,popcnt,f16c"))), apply_to = function)

#include "../common/widen.inc.h"
#include "../common/registers_avx512.inc.h"
#include "finite.inc.h"
#include "affine_avx512.inc.h"
#include "affine_entry.inc.h"
#include "e2m1_avx512.inc.h"
#include "mx_avx512.inc.h"
#define MX_GROUPS avx512_mx_groups
#include "mx_entry.inc.h"
#include "nvfp4.inc.h"
#include "nvfp4_avx512.inc.h"
#define NVFP4_GROUPS avx512_nvfp4_groups
#include "nvfp4_entry.inc.h"
#include "affine_parts.inc.h"
#include "search.inc.h"

#pragma clang attribute pop

const cambium_encode_kernels cambium_encode_avx512 = {
    tier_first_nonfinite, tier_encode_mx, tier_encode_affine, tier_encode_nvfp4, tier_search};

#endif
