// f16 and 4-bit codes to lanes without instructions of a particular machine.

// The magnitude is moved into place and scaled by a power of two, which is exact (sub-normals included).
CAMBIUM_INLINE lanes half_to_lanes(lanes_u16 v) {
#if defined(__aarch64__)
  typedef _Float16 halves __attribute__((ext_vector_type(16)));
  return __builtin_convertvector((halves)(v), lanes);
#else
  const lanes_u32 wide = __builtin_convertvector(v, lanes_u32);
  const lanes_u32 magnitude = (wide & 0x7FFFu) << 13;
  const lanes_u32 finite = lanes_bits(lanes_from_bits(magnitude) * 0x1p112f);
  const lanes_u32 bits = magnitude >= 0x0F800000u ? (magnitude | 0x7F800000u) : finite;
  return lanes_from_bits(bits | (wide & 0x8000u) << 16);
#endif
}

// 64 bytes of codes of 2 or 4 bits: step n of a unit holds bits [n * bits, (n + 1) * bits) of each 32-bit word.
typedef struct {
  lanes_u32 words;
} unit_codes;

CAMBIUM_INLINE unit_codes unit_load(const int format, const uint8_t *p) {
  (void)format;
  unit_codes c;
  memcpy(&c.words, p, 64);
  return c;
}

CAMBIUM_INLINE lanes unit_step(const int format, const unit_codes *c, const int n) {
  if (format == CAMBIUM_W_AFFINE2) {
    return __builtin_convertvector((lanes_i32)((c->words >> (uint32_t)(2 * n)) & 3u), lanes);
  }
  const lanes_u32 code = c->words >> (uint32_t)(4 * n);
  if (format == CAMBIUM_W_AFFINE4) return __builtin_convertvector((lanes_i32)(code & 15u), lanes);
  // Exponent and fraction of E2M1 moved into place yield 0.5 and 0.75 for the codes 0 and 1, right values from 1 on:
  // what is missing to 1 is subtracted, which turns them into 0 and 0.5.
  const lanes raised = lanes_from_bits(((code & 7u) << 22) + 0x3F000000u);
  const lanes missing = 1.0f - raised;
  const lanes magnitude = raised - (missing > 0.0f ? missing : lanes_all(0));
  return lanes_from_bits(lanes_bits(magnitude) | (code & 8u) << 28);
}
