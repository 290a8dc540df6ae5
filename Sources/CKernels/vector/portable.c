// The arithmetic in the compiler's baseline: scalar calls of fmaf on x86-64, NEON on arm64 (where fmaf is an
// instruction).
#include "../common/lanes.h"
#include "../common/scalar.h"
#include "kernels.h"

#if defined(__aarch64__)
#define CAMBIUM_UNROLL _Pragma("unroll")
#else
// An fma is a call here: the code would only grow.
#define CAMBIUM_UNROLL
#endif

#include "../common/lanes.inc.h"
#include "functions.inc.h"
#include "functions_entry.inc.h"
#include "reductions.inc.h"
#include "attention.inc.h"
#include "convolution.inc.h"
#include "delta.inc.h"

const cambium_vector_kernels cambium_vector_portable = CAMBIUM_VECTOR_TABLE;
