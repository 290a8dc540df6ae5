// The same source, compiled for AVX-512, with the mx and affine encoders written by hand.
#if defined(__x86_64__)

#include <immintrin.h>

#include "mx_group.h"
#include "scalar.h"
#include "tiers.h"

#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,bmi2,popcnt,f16c"))), apply_to = function)

#include "body_common.h"
#include "body_decode.h"
#include "body_decode_avx512.h"
#include "body_affine_avx512.h"
#include "body_affine_entry.h"
#include "body_errors.h"
#include "body_errors_avx512.h"
#include "body_mx_avx512.h"
#define MX_GROUPS avx512_mx_groups
#include "body_mx_entry.h"
#include "body_nvfp4.h"
#include "body_nvfp4_avx512.h"
#define NVFP4_GROUPS avx512_nvfp4_groups
#include "body_nvfp4_entry.h"
#include "body_fp8.h"
#include "body_fp8_avx512.h"
#define FP8_RUN avx512_fp8
#include "body_fp8_entry.h"
#include "body_measure.h"

#pragma clang attribute pop

const cambium_kernels cambium_avx512_kernels = {
    tier_first_nonfinite, tier_widen, tier_encode_mx, tier_encode_affine, tier_encode_nvfp4,
    tier_decode, tier_decode_fp8, tier_error_block, tier_measure};

#endif
