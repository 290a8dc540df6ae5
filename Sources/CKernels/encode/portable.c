// The tier that runs everywhere: the compiler's baseline (SSE2 on x86-64, NEON on arm64).
#include "../common/scalar.h"
#include "../common/stored.h"
#include "kernels.h"
#include "mx_group.h"

#include "../common/widen.inc.h"
#include "finite.inc.h"
#include "affine_parts.inc.h"
#include "affine.inc.h"
#include "affine_entry.inc.h"
#include "mx_parts.inc.h"
#include "mx.inc.h"
#define MX_GROUPS mx_groups
#include "mx_entry.inc.h"
#include "nvfp4.inc.h"
#define NVFP4_GROUPS nvfp4_groups
#include "nvfp4_entry.inc.h"
#include "search.inc.h"

const cambium_encode_kernels cambium_encode_portable = {
    tier_first_nonfinite, tier_encode_mx, tier_encode_affine, tier_encode_nvfp4, tier_search};
