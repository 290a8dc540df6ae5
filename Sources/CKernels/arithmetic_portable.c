// The arithmetic in the compiler's baseline: scalar calls of fmaf on x86-64, NEON on arm64 (where fmaf is an
// instruction).
#include "arithmetic_tiers.h"
#include "scalar.h"

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

#include "body_lanes.h"
#include "body_decoding.h"
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

const cambium_arithmetic cambium_arithmetic_portable = CAMBIUM_ARITHMETIC_TABLE;
