// SHA-256 with the SHA extensions of x86: each instruction pair does two or four rounds.
#if defined(__x86_64__)

#include <immintrin.h>

#include "kernels.h"

#pragma clang attribute push(__attribute__((target("sha,sse4.1,ssse3"))), apply_to = function)

#define INLINE static inline __attribute__((always_inline))

// The state as the instructions want it, and the last sixteen words of the message schedule.
typedef struct {
  __m128i abef, cdgh, w[4];
} lane;

INLINE lane opened(const uint32_t state[8]) {
  lane l;
  __m128i low = _mm_loadu_si128((const __m128i *)(const void *)state);
  __m128i high = _mm_loadu_si128((const __m128i *)(const void *)(state + 4));
  low = _mm_shuffle_epi32(low, 0xB1);
  high = _mm_shuffle_epi32(high, 0x1B);
  l.abef = _mm_alignr_epi8(low, high, 8);
  l.cdgh = _mm_blend_epi16(high, low, 0xF0);
  return l;
}

INLINE void closed(lane l, uint32_t state[8]) {
  __m128i low = _mm_shuffle_epi32(l.abef, 0x1B);
  __m128i high = _mm_shuffle_epi32(l.cdgh, 0xB1);
  _mm_storeu_si128((__m128i *)(void *)state, _mm_blend_epi16(low, high, 0xF0));
  _mm_storeu_si128((__m128i *)(void *)(state + 4), _mm_alignr_epi8(high, low, 8));
}

INLINE void load(lane *l, const uint8_t *data) {
  const __m128i order = _mm_set_epi64x(0x0C0D0E0F08090A0B, 0x0405060700010203);
  for (int i = 0; i < 4; i++) {
    l->w[i] = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)(const void *)(data + 16 * i)), order);
  }
}

// Rounds 4i … 4i + 3, in two steps so that two lanes can take turns. `i` is a constant wherever this is inlined.
INLINE __m128i first_rounds(lane *l, int i) {
  const __m128i *k = (const __m128i *)(const void *)cambium_sha256_constants;
  __m128i wk = _mm_add_epi32(l->w[i & 3], _mm_load_si128(k + i));
  l->cdgh = _mm_sha256rnds2_epu32(l->cdgh, l->abef, wk);
  return wk;
}

INLINE void last_rounds(lane *l, __m128i wk) {
  l->abef = _mm_sha256rnds2_epu32(l->abef, l->cdgh, _mm_shuffle_epi32(wk, 0x0E));
}

// Words 4i + 16 … 4i + 19 of the schedule, in the place of words 4i … 4i + 3.
INLINE void schedule(lane *l, int i) {
  __m128i *w = l->w;
  if (i >= 12) return;
  __m128i seven = _mm_alignr_epi8(w[(i + 3) & 3], w[(i + 2) & 3], 4);
  __m128i sum = _mm_add_epi32(_mm_sha256msg1_epu32(w[i & 3], w[(i + 1) & 3]), seven);
  w[i & 3] = _mm_sha256msg2_epu32(sum, w[(i + 3) & 3]);
}

INLINE void four_rounds(lane *l, int i) {
  __m128i wk = first_rounds(l, i);
  schedule(l, i);
  last_rounds(l, wk);
}

INLINE void four_rounds_of_two(lane *l, lane *m, int i) {
  __m128i l_wk = first_rounds(l, i), m_wk = first_rounds(m, i);
  schedule(l, i);
  schedule(m, i);
  last_rounds(l, l_wk);
  last_rounds(m, m_wk);
}

INLINE void add(lane *l, const lane *before) {
  l->abef = _mm_add_epi32(l->abef, before->abef);
  l->cdgh = _mm_add_epi32(l->cdgh, before->cdgh);
}

#define SHA256_ONE cambium_sha256_x86
#define SHA256_PAIR cambium_sha256_pair_x86
#include "streams.inc.h"

#pragma clang attribute pop

#endif
