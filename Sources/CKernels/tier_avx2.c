// The same source, compiled for AVX2. No FMA in the target: nothing may be contracted.
#if defined(__x86_64__)

#include <immintrin.h>

#include "mx_group.h"
#include "scalar.h"
#include "tiers.h"

#pragma clang attribute push(__attribute__((target("avx2"))), apply_to = function)

#include "body_common.h"
#include "body_affine_parts.h"
#include "body_affine.h"
#include "body_affine_entry.h"
#include "body_decode.h"
#include "body_decode_entry.h"
#include "body_errors.h"
#include "body_errors_entry.h"
#include "body_mx_parts_avx2.h"
#include "body_mx.h"
#define MX_GROUPS mx_groups
#include "body_mx_entry.h"
#include "body_nvfp4.h"
#define NVFP4_GROUPS nvfp4_groups
#include "body_nvfp4_entry.h"
#include "body_fp8.h"
#define FP8_RUN fp8_plain
#include "body_fp8_entry.h"
#include "body_measure.h"

#pragma clang attribute pop

const cambium_kernels cambium_avx2_kernels = {
    tier_first_nonfinite, tier_widen, tier_encode_mx, tier_encode_affine, tier_encode_nvfp4,
    tier_decode, tier_decode_fp8, tier_error_block, tier_measure};

#endif
