// The tier that runs everywhere: the compiler's baseline (SSE2 on x86-64, NEON on arm64).
#include "../common/scalar.h"
#include "../common/stored.h"
#include "../decode/kernels.h"
#include "kernels.h"

#define CAMBIUM_DECODE cambium_decode_portable

#include "errors.inc.h"
#include "errors_entry.inc.h"
#include "measure.inc.h"

const cambium_measure_kernels cambium_measure_portable = {tier_error_block, tier_measure};
