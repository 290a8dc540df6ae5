// One mx group: its scale, and the plain f32 arithmetic that defines its codes, used for groups so small that sub-normal
// numbers appear.
#ifndef CAMBIUM_MX_GROUP_H
#define CAMBIUM_MX_GROUP_H

#include "../common/scalar.h"

// Groups whose largest magnitude (upper 16 bits of f32) is below this go through mx_group_slow. From here on the
// smallest scale byte is 15, so that all decision thresholds are normal numbers and sub-normal elements become zero.
#define CAMBIUM_MX_FAST_FROM 0x0C00

// Scale byte by the rule "ceil" when nothing is rounded to T: ceil(log2(amax / peak)) + 127 from the upper 16 bits of
// amax, sticky. peak = 1.5 * 2^2 or 1.75 * 2^8, so the exponent is amax's own minus 2 or 8, plus one if its fraction is
// above 0.5 or 0.75.
CAMBIUM_INLINE int32_t mx_scale_byte(uint32_t amax, int bits) {
  return bits == 4 ? (int32_t)((amax + 0x3F) >> 7) - 2 : (int32_t)((amax + 0x1F) >> 7) - 8;
}

// The exponent of the scale by any rule, unclamped. CPU backend: the ratio is rounded to T, and by the rule "round" its
// logarithm too before it is rounded to an integer, which format->steps tells. Metal, rule "round": the logarithm is never
// half-way between integers; 1 + 0x3504F4 / 2^23 is the smallest f32 number above sqrt(2).
CAMBIUM_INLINE int mx_exponent(float amax, const cambium_mx_format *format, int type, int bits, int cpu, int round) {
  float x = amax / (bits == 4 ? 6.0f : 448.0f);
  if (cpu) x = rounded_to(x, type);
  if (!(x > 0)) return cpu ? 0 : -127;
  if (!round) return ceil_log2(x);
  uint32_t u = float_bits(x);
  int exponent = (int)(u >> 23) - 127;
  if (u < 0x00800000) {
    int shift = __builtin_clz(u) - 8;
    exponent = -126 - shift;
    u <<= shift;
  }
  uint32_t fraction = u & 0x7FFFFF;
  if (!cpu) return fraction >= 0x3504F4 ? exponent + 1 : exponent;
  int index = exponent - format->first_exponent;
  if (index < 0 || index >= format->step_count) return exponent;
  return fraction >= format->steps[index] ? exponent + 1 : exponent;
}

// Returns 1 if the scale is outside E8M0: Metal clamps it, the CPU backend takes it modulo 256.
static inline __attribute__((unused)) int mx_group_slow(
    const float w[32], const cambium_mx_format *format, uint8_t *weight, uint8_t *scale) {
  int type = format->type, bits = format->bits, cpu = format->cpu;
  float amax = 0;
  for (int i = 0; i < 32; i++) amax = fabsf(w[i]) > amax ? fabsf(w[i]) : amax;
  int e = mx_exponent(amax, format, type, bits, cpu, format->steps != NULL);
  int outside = e < -127;
  if (outside && !cpu) e = -127;
  *scale = (uint8_t)(e + 127);
  float s = rounded_to(power_of_two(e), type);
  float inverse = cpu ? 0 : power_of_two(-e);
  if (bits == 4) memset(weight, 0, 16);
  for (int i = 0; i < 32; i++) {
    float y = cpu ? rounded_to(w[i] / s, type) : w[i] * inverse;
    if (bits == 8) {
      weight[i] = (uint8_t)float_to_e4m3(y);
    } else {
      uint32_t code = cpu ? float_to_e2m1_first(y) : float_to_e2m1_even(y);
      weight[i / 2] |= (uint8_t)(code << (4 * (i & 1)));
    }
  }
  return outside;
}

#endif
