// Stored weights to lanes, for one tier.

CAMBIUM_INLINE lanes bf16_to_lanes(lanes_u16 v) {
  return lanes_from_bits(__builtin_convertvector(v, lanes_u32) << 16);
}

// Elements as stored, steps of sixteen columns.

CAMBIUM_INLINE lanes weights_f32(const uint8_t *p) {
  lanes v;
  memcpy(&v, p, 64);
  return v;
}

CAMBIUM_INLINE lanes weights_f16(const uint8_t *p) {
  lanes_u16 v;
  memcpy(&v, p, 32);
  return half_to_lanes(v);
}

CAMBIUM_INLINE lanes weights_bf16(const uint8_t *p) {
  lanes_u16 v;
  memcpy(&v, p, 32);
  return bf16_to_lanes(v);
}

// E4M3 as the high bits of f16, whose exponent is biased by 8 more: the values are 2^-8 of E4M3's, exactly.
CAMBIUM_INLINE lanes weights_mxfp8(const uint8_t *p) {
  lanes_u8 v;
  memcpy(&v, p, 16);
  lanes_u16 wide = __builtin_convertvector(v, lanes_u16);
  return half_to_lanes(((wide << 8) & (uint16_t)0x8000) | ((wide << 7) & (uint16_t)0x3F80));
}

CAMBIUM_INLINE lanes weights_affine8(const uint8_t *p) {
  lanes_u8 v;
  memcpy(&v, p, 16);
  return __builtin_convertvector(__builtin_convertvector(v, lanes_i32), lanes);
}

// Sixteen codes of 3, 5 or 6 bits: the two bytes around each code are brought into its lane, then shifted and masked.
#define CAMBIUM_PAIR(bits, i) (i) * (bits) / 8, (i) * (bits) / 8 + 1, 16, 16
#define CAMBIUM_PAIRS(bits)                                                                                     \
  CAMBIUM_PAIR(bits, 0), CAMBIUM_PAIR(bits, 1), CAMBIUM_PAIR(bits, 2), CAMBIUM_PAIR(bits, 3),                   \
      CAMBIUM_PAIR(bits, 4), CAMBIUM_PAIR(bits, 5), CAMBIUM_PAIR(bits, 6), CAMBIUM_PAIR(bits, 7),               \
      CAMBIUM_PAIR(bits, 8), CAMBIUM_PAIR(bits, 9), CAMBIUM_PAIR(bits, 10), CAMBIUM_PAIR(bits, 11),             \
      CAMBIUM_PAIR(bits, 12), CAMBIUM_PAIR(bits, 13), CAMBIUM_PAIR(bits, 14), CAMBIUM_PAIR(bits, 15)
#define CAMBIUM_SHIFTS(b)                                                                                       \
  (lanes_u32) {                                                                                                 \
    0, (b) % 8, 2 * (b) % 8, 3 * (b) % 8, 4 * (b) % 8, 5 * (b) % 8, 6 * (b) % 8, 7 * (b) % 8, 8 * (b) % 8,      \
        9 * (b) % 8, 10 * (b) % 8, 11 * (b) % 8, 12 * (b) % 8, 13 * (b) % 8, 14 * (b) % 8, 15 * (b) % 8         \
  }
// `wide`: sixteen bytes may be read although the codes take fewer.
#define CAMBIUM_ODD_BITS(bits)                                                                                  \
  CAMBIUM_INLINE lanes weights_affine##bits(const uint8_t *p, const int wide) {                                 \
    lanes_u8 v = 0;                                                                                             \
    memcpy(&v, p, wide ? 16 : 2 * (bits));                                                                      \
    const lanes_u8 zero = 0;                                                                                    \
    typedef uint8_t bytes __attribute__((ext_vector_type(64)));                                                 \
    bytes spread = __builtin_shufflevector(v, zero, CAMBIUM_PAIRS(bits));                                       \
    lanes_u32 codes = ((lanes_u32)(spread) >> CAMBIUM_SHIFTS(bits)) & ((1u << (bits)) - 1);     \
    return __builtin_convertvector((lanes_i32)(codes), lanes);                                  \
  }
CAMBIUM_ODD_BITS(3)
CAMBIUM_ODD_BITS(5)
CAMBIUM_ODD_BITS(6)

// Scales and biases to f32.

CAMBIUM_INLINE lanes scales_e8m0(const uint8_t *p) {
  lanes_u8 v;
  memcpy(&v, p, 16);
  lanes_u32 bits = __builtin_convertvector(v, lanes_u32) << 23;
  return lanes_from_bits(__builtin_elementwise_max(bits, (lanes_u32)0x00400000));
}

// 2^8 times the scale, infinite from 2^128 on.
CAMBIUM_INLINE lanes scales_mxfp8(const uint8_t *p) {
  lanes_u8 v;
  memcpy(&v, p, 16);
  lanes_u32 exponent = __builtin_convertvector(v, lanes_u32) + 8;
  return lanes_from_bits(__builtin_elementwise_min(exponent, (lanes_u32)255) << 23);
}

CAMBIUM_INLINE lanes scales_e4m3(const uint8_t *p) { return weights_mxfp8(p) * 0x1p8f; }

CAMBIUM_INLINE lanes parameters(const uint8_t *p, int type) {
  if (type == CAMBIUM_BF16) return weights_bf16(p);
  return type == CAMBIUM_F16 ? weights_f16(p) : weights_f32(p);
}
