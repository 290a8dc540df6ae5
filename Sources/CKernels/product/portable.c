// The arithmetic in the compiler's baseline: scalar calls of fmaf on x86-64, NEON on arm64 (where fmaf is an
// instruction).
#include "../common/lanes.h"
#include "../common/matrix.h"
#include "../common/scalar.h"
#include "kernels.h"

#if defined(__aarch64__)
#define CAMBIUM_UNROLL _Pragma("unroll")
#else
// An fma is a call here: the code would only grow.
#define CAMBIUM_UNROLL
#endif
#define CAMBIUM_FEW 2
#define CAMBIUM_PAIRS_OF_OUTPUTS 0
#define CAMBIUM_UNITS_OF_ONE 1
#define CAMBIUM_TILE_O 2

#include "../common/lanes.inc.h"
#include "../common/codes.inc.h"
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

const cambium_product_kernels cambium_product_portable = {tier_prepare, tier_product, tier_decode_row};
