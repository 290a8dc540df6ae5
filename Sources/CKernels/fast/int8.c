// The fast product in integers, in AVX-512 with VNNI; see int8.inc.h.
#if defined(__x86_64__)

#include <immintrin.h>

#include "../common/matrix.h"
#include "../common/scalar.h"
#include "kernels.h"

#define CAMBIUM_UNROLL _Pragma("unroll")

#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512vbmi,avx512vnni,fma,f16c"))), apply_to = function)

// The address sanitizer looks at every access, and the optimizer then works more than ten minutes at these loops, unrolled.
// Without it every access is still looked at, and the results are the same bits.
#if __has_feature(address_sanitizer)
#pragma clang optimize off
#endif

#include "../common/formats.inc.h"
#include "int8.inc.h"
#include "int8_few.inc.h"
#include "int8_blocked.inc.h"
#include "int8_entry.inc.h"

size_t cambium_int8_stride(const cambium_matrix *w) {
  return cambium_round_up(w->columns / int8_block(w->format) * int8_record(w->format) / 4, 16);
}

void cambium_int8_prepare(const cambium_matrix *w, const float *x, size_t m, float *prepared) {
  int8_kernels_of(w).prepare(w, x, m, prepared);
}

void cambium_int8_product(
    const cambium_matrix *w, size_t first, size_t last, const float *prepared, size_t m, float *y, size_t y_stride) {
  int8_product(w, first, last, prepared, m, y, y_stride);
}

#if __has_feature(address_sanitizer)
#pragma clang optimize on
#endif

#pragma clang attribute pop

#endif
