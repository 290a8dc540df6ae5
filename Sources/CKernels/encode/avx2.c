// The same source, compiled for AVX2. No FMA in the target: nothing may be contracted.
#if defined(__x86_64__)

#include <immintrin.h>

#include "../common/scalar.h"
#include "../common/stored.h"
#include "kernels.h"
#include "mx_group.h"

#pragma clang attribute push(__attribute__((target("avx2"))), apply_to = function)

#include "../common/widen.inc.h"
#include "finite.inc.h"
#include "affine_parts.inc.h"
#include "affine.inc.h"
#include "affine_entry.inc.h"
#include "mx_parts_avx2.inc.h"
#include "mx.inc.h"
#define MX_GROUPS mx_groups
#include "mx_entry.inc.h"
#include "nvfp4.inc.h"
#define NVFP4_GROUPS nvfp4_groups
#include "nvfp4_entry.inc.h"
#include "search.inc.h"

#pragma clang attribute pop

const cambium_encode_kernels cambium_encode_avx2 = {
    tier_first_nonfinite, tier_encode_mx, tier_encode_affine, tier_encode_nvfp4, tier_search};

#endif
