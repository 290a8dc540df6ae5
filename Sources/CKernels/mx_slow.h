// One mx group in plain f32 arithmetic: the definition, used for groups so small that sub-normal numbers appear.
#ifndef CAMBIUM_MX_SLOW_H
#define CAMBIUM_MX_SLOW_H

#include "scalar.h"

// Groups whose largest magnitude (bf16 bits) is below this go through mx_group_slow. From here on the smallest
// scale byte is 16, so that all decision thresholds are normal numbers and sub-normal elements become zero.
#define CAMBIUM_MX_FAST_FROM 0x0C00

// Returns 1 if the scale is outside E8M0.
static inline __attribute__((unused)) int mx_group_slow(
    const uint16_t v[32], uint32_t amax, int bits, int cpu, uint8_t *weight, uint8_t *scale) {
  float peak = bits == 4 ? 6.0f : 448.0f;
  float x = bf16_to_float((uint16_t)amax) / peak;
  if (cpu) x = bf16_to_float(float_to_bf16(x));
  int outside = 0;
  int e = x > 0 ? ceil_log2(x) : (cpu ? 0 : -127);
  if (e < -127) {
    outside = 1;
    if (!cpu) e = -127;
  }
  *scale = (uint8_t)(e + 127);
  float s = power_of_two(e);
  float inverse = cpu ? 0 : power_of_two(-e);
  if (bits == 4) memset(weight, 0, 16);
  for (int i = 0; i < 32; i++) {
    float w = bf16_to_float(v[i]);
    float y = cpu ? bf16_to_float(float_to_bf16(w / s)) : w * inverse;
    if (bits == 8) {
      weight[i] = (uint8_t)float_to_e4m3(y);
    } else {
      uint32_t code = cpu ? float_to_e2m1_down(y) : float_to_e2m1_even(y);
      weight[i / 2] |= (uint8_t)(code << (4 * (i & 1)));
    }
  }
  return outside;
}

#endif
