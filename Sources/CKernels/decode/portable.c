// The tier that runs everywhere: the compiler's baseline (SSE2 on x86-64, NEON on arm64).
#include "../common/scalar.h"
#include "../common/stored.h"
#include "kernels.h"

#include "../common/widen.inc.h"
#include "widen_entry.inc.h"
#include "packed.inc.h"
#include "packed_entry.inc.h"
#include "fp8.inc.h"
#define FP8_RUN fp8_plain
#include "fp8_entry.inc.h"

const cambium_decode_kernels cambium_decode_portable = {tier_widen, tier_decode, tier_decode_fp8};
