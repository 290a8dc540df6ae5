// SHA-256 with the cryptographic extension of ARMv8: each instruction pair does four rounds.
#if defined(__aarch64__)

#include <arm_neon.h>

#include "kernels.h"

#pragma clang attribute push(__attribute__((target("sha2"))), apply_to = function)

#define INLINE static inline __attribute__((always_inline))

// The state in two halves, and the last sixteen words of the message schedule.
typedef struct {
  uint32x4_t abcd, efgh, w[4];
} lane;

INLINE lane opened(const uint32_t state[8]) {
  lane l;
  l.abcd = vld1q_u32(state);
  l.efgh = vld1q_u32(state + 4);
  return l;
}

INLINE void closed(lane l, uint32_t state[8]) {
  vst1q_u32(state, l.abcd);
  vst1q_u32(state + 4, l.efgh);
}

INLINE void load(lane *l, const uint8_t *data) {
  for (int i = 0; i < 4; i++) l->w[i] = vreinterpretq_u32_u8(vrev32q_u8(vld1q_u8(data + 16 * i)));
}

// Rounds 4i … 4i + 3. `i` is a constant wherever this is inlined.
INLINE void four_rounds(lane *l, int i) {
  uint32x4_t *w = l->w;
  if (i >= 4) {
    uint32x4_t sum = vsha256su0q_u32(w[i & 3], w[(i + 1) & 3]);
    w[i & 3] = vsha256su1q_u32(sum, w[(i + 2) & 3], w[(i + 3) & 3]);
  }
  uint32x4_t wk = vaddq_u32(w[i & 3], vld1q_u32(cambium_sha256_constants + 4 * i));
  uint32x4_t abcd = l->abcd;
  l->abcd = vsha256hq_u32(abcd, l->efgh, wk);
  l->efgh = vsha256h2q_u32(l->efgh, abcd, wk);
}

INLINE void four_rounds_of_two(lane *l, lane *m, int i) {
  four_rounds(l, i);
  four_rounds(m, i);
}

INLINE void add(lane *l, const lane *before) {
  l->abcd = vaddq_u32(l->abcd, before->abcd);
  l->efgh = vaddq_u32(l->efgh, before->efgh);
}

#define SHA256_ONE cambium_sha256_arm
#define SHA256_PAIR cambium_sha256_pair_arm
#include "streams.inc.h"

#pragma clang attribute pop

#endif
