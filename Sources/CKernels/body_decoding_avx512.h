// f16 and 4-bit codes to lanes with AVX-512. No guard on purpose.

CAMBIUM_INLINE lanes half_to_lanes(lanes_u16 v) {
  return (lanes)(_mm512_cvtph_ps((__m256i)(v)));
}

// bf16 numbers of the sixteen codes, twice: a permutation of 16-bit words looks at five bits of each index, of which
// four are the code.
#define CAMBIUM_TWICE(...) {__VA_ARGS__, __VA_ARGS__}
static const uint16_t e2m1_words[32] __attribute__((aligned(64))) = CAMBIUM_TWICE(
    0, 0x3F00, 0x3F80, 0x3FC0, 0x4000, 0x4040, 0x4080, 0x40C0, 0x8000, 0xBF00, 0xBF80, 0xBFC0, 0xC000, 0xC040, 0xC080,
    0xC0C0);
static const uint16_t integer_words[32] __attribute__((aligned(64))) = CAMBIUM_TWICE(
    0, 0x3F80, 0x4000, 0x4040, 0x4080, 0x40A0, 0x40C0, 0x40E0, 0x4100, 0x4110, 0x4120, 0x4130, 0x4140, 0x4150, 0x4160,
    0x4170);

// Step n of 64 bytes holds bits 4n ... 4n + 3 of each 32-bit word, as an integer or as an E2M1 number. One look-up
// serves two steps: n in the lower half of each word, n + 4 in the upper.
CAMBIUM_INLINE void nibbles_to_lanes(const uint8_t *p, const int e2m1, lanes w[8]) {
  const __m512i table = _mm512_load_si512(e2m1 ? e2m1_words : integer_words);
  const __m512i v = _mm512_loadu_si512(p);
  const __m512i upper = _mm512_set1_epi32((int)0xFFFF0000);
#pragma unroll
  for (int n = 0; n < 4; n++) {
    const __m512i pair = _mm512_permutexvar_epi16(n ? _mm512_srli_epi16(v, (unsigned)(4 * n)) : v, table);
    w[n] = (lanes)(_mm512_slli_epi32(pair, 16));
    w[n + 4] = (lanes)(_mm512_and_si512(pair, upper));
  }
}
