// f16 and 4-bit codes to lanes with AVX-512.

CAMBIUM_INLINE lanes half_to_lanes(lanes_u16 v) {
  return (lanes)(_mm512_cvtph_ps((__m256i)(v)));
}

// bf16 numbers of all codes, repeated: a permutation of 16-bit words looks at five bits of each index, of which the
// lowest four or two are the code.
#define CAMBIUM_TWICE(...) __VA_ARGS__, __VA_ARGS__
static const uint16_t e2m1_words[32] __attribute__((aligned(64))) = {CAMBIUM_TWICE(
    0, 0x3F00, 0x3F80, 0x3FC0, 0x4000, 0x4040, 0x4080, 0x40C0, 0x8000, 0xBF00, 0xBF80, 0xBFC0, 0xC000, 0xC040, 0xC080,
    0xC0C0)};
static const uint16_t integer_words[32] __attribute__((aligned(64))) = {CAMBIUM_TWICE(
    0, 0x3F80, 0x4000, 0x4040, 0x4080, 0x40A0, 0x40C0, 0x40E0, 0x4100, 0x4110, 0x4120, 0x4130, 0x4140, 0x4150, 0x4160,
    0x4170)};
static const uint16_t two_bit_words[32] __attribute__((aligned(64))) = {
    CAMBIUM_TWICE(CAMBIUM_TWICE(CAMBIUM_TWICE(0, 0x3F80, 0x4000, 0x4040)))};

// 64 bytes of codes of 2 or 4 bits: step n of a unit holds bits [n * bits, (n + 1) * bits) of each 32-bit word. One
// look-up serves two steps: one in the lower half of each word, the other, half the steps later, in the upper.
typedef struct {
  __m512i pairs[8];
} unit_codes;

CAMBIUM_INLINE unit_codes unit_load(const int format, const uint8_t *p) {
  const int two = format == CAMBIUM_W_AFFINE2;
  const __m512i table =
      _mm512_load_si512(two ? two_bit_words : format == CAMBIUM_W_AFFINE4 ? integer_words : e2m1_words);
  const __m512i v = _mm512_loadu_si512(p);
  unit_codes c;
  CAMBIUM_UNROLL
  for (int n = 0; n < (two ? 8 : 4); n++) {
    c.pairs[n] = _mm512_permutexvar_epi16(n ? _mm512_srli_epi16(v, (unsigned)((two ? 2 : 4) * n)) : v, table);
  }
  return c;
}

CAMBIUM_INLINE lanes unit_step(const int format, const unit_codes *c, const int n) {
  const int half = format == CAMBIUM_W_AFFINE2 ? 8 : 4;
  if (n < half) return (lanes)_mm512_slli_epi32(c->pairs[n], 16);
  return (lanes)_mm512_and_si512(c->pairs[n - half], _mm512_set1_epi32((int)0xFFFF0000));
}

// 32 columns of mxfp8: E4M3 as the high bits of f16 (see weights.inc.h), signs extended into the bits between.
CAMBIUM_INLINE void pair_mxfp8(const uint8_t *p, lanes w[2]) {
  const __m512i wide = _mm512_cvtepi8_epi16(_mm256_loadu_si256((const __m256i *)p));
  const __m512i halves = _mm512_and_si512(_mm512_slli_epi16(wide, 7), _mm512_set1_epi16((short)0xBF80));
  w[0] = (lanes)_mm512_cvtph_ps(_mm512_castsi512_si256(halves));
  w[1] = (lanes)_mm512_cvtph_ps(_mm512_extracti64x4_epi64(halves, 1));
}

#define CAMBIUM_HAS_PAIR_MXFP8
