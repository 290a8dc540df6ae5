// Scales and biases as they are stored.
#ifndef CAMBIUM_STORED_H
#define CAMBIUM_STORED_H

#include "scalar.h"

CAMBIUM_INLINE float stored_number(const void *p, int type, size_t index) {
  if (type == CAMBIUM_F32) {
    uint32_t u;
    memcpy(&u, (const uint8_t *)p + 4 * index, 4);
    return bits_float(u);
  }
  uint16_t h;
  memcpy(&h, (const uint8_t *)p + 2 * index, 2);
  return type == CAMBIUM_BF16 ? bf16_to_float(h) : f16_to_float(h);
}

// E8M0: byte b is 2^(b - 127), 255 is infinity.
CAMBIUM_INLINE float e8m0_to_float(uint8_t byte) {
  return byte == 0 ? bits_float(0x00400000) : bits_float((uint32_t)byte << 23);
}

// The scale of a group of one of the float modes.
CAMBIUM_INLINE float block_scale(int mode, uint8_t byte) {
  if (mode != CAMBIUM_NVFP4) return e8m0_to_float(byte);
  float magnitude = e4m3_magnitude(byte);
  return byte & 0x80 ? -magnitude : magnitude;
}

#endif
