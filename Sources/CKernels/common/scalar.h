// Scalar building blocks, inlined into every tier. All arithmetic is f32 with one rounding per operation.
#ifndef CAMBIUM_SCALAR_H
#define CAMBIUM_SCALAR_H

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "../include/CKernels.h"

#pragma STDC FP_CONTRACT OFF

#define CAMBIUM_INLINE static inline __attribute__((always_inline, unused))

CAMBIUM_INLINE uint32_t float_bits(float x) {
  uint32_t u;
  memcpy(&u, &x, 4);
  return u;
}

CAMBIUM_INLINE float bits_float(uint32_t u) {
  float x;
  memcpy(&x, &u, 4);
  return x;
}

CAMBIUM_INLINE float bf16_to_float(uint16_t h) { return bits_float((uint32_t)h << 16); }

// Nearest even; infinities stay, NaN becomes the quiet NaN 0x7FC0.
CAMBIUM_INLINE uint16_t float_to_bf16(float x) {
  uint32_t u = float_bits(x);
  uint16_t rounded = (uint16_t)((u + 0x7FFF + ((u >> 16) & 1)) >> 16);
  return (u & 0x7FFFFFFF) > 0x7F800000 ? 0x7FC0 : rounded;
}

// The magnitude bits are moved into place and scaled by a power of two, which is exact (sub-normals included).
CAMBIUM_INLINE float f16_to_float(uint16_t h) {
  uint32_t magnitude = (uint32_t)(h & 0x7FFF) << 13;
  uint32_t finite = float_bits(bits_float(magnitude) * 0x1p112f);
  uint32_t u = magnitude >= 0x0F800000 ? (magnitude | 0x7F800000) : finite;
  return bits_float(u | (uint32_t)(h & 0x8000) << 16);
}

// Nearest even. Below 2^-14 the addition of 0.5 leaves the sub-normal result in the low bits.
CAMBIUM_INLINE uint16_t float_to_f16(float x) {
  uint32_t u = float_bits(x);
  uint32_t a = u & 0x7FFFFFFF;
  uint32_t small = float_bits(bits_float(a) + 0.5f) - 0x3F000000;
  uint32_t normal = (a - 0x38000000 + 0xFFF + ((a >> 13) & 1)) >> 13;
  uint32_t r = a < 0x38800000 ? small : normal;
  r = a >= 0x477FF000 ? 0x7C00 : r;
  r = a > 0x7F800000 ? 0x7E00 : r;
  return (uint16_t)(r | ((u >> 16) & 0x8000));
}

// x rounded to a storage type and back.
CAMBIUM_INLINE float rounded_to(float x, int type) {
  if (type == CAMBIUM_BF16) return bf16_to_float(float_to_bf16(x));
  if (type == CAMBIUM_F16) return f16_to_float(float_to_f16(x));
  return x;
}

// E4M3, nearest even, 448 and above saturate to 0x7E, sign kept.
CAMBIUM_INLINE uint32_t float_to_e4m3(float x) {
  uint32_t u = float_bits(x);
  uint32_t a = u & 0x7FFFFFFF;
  // 2^14 has an ulp of 2^-9, the quantum of E4M3 sub-normals: the addition rounds to it.
  uint32_t small = float_bits(bits_float(a) + 0x1p14f) - 0x46800000;
  uint32_t normal = (a - 0x3C000000 + 0x7FFFF + ((a >> 20) & 1)) >> 20;
  uint32_t r = a < 0x3C800000 ? small : normal;
  r = a >= 0x43E00000 ? 0x7E : r;
  return r | ((u >> 24) & 0x80);
}

CAMBIUM_INLINE float e4m3_magnitude(uint32_t code) {
  uint32_t a = code & 0x7F;
  return bits_float(a << 20) * 0x1p120f;
}

// E2M1, nearest even code, sign always copied.
CAMBIUM_INLINE uint32_t float_to_e2m1_even(float y) {
  float a = bits_float(float_bits(y) & 0x7FFFFFFF);
  uint32_t code = (uint32_t)(a > 0.25f) + (uint32_t)(a >= 0.75f) + (uint32_t)(a > 1.25f) + (uint32_t)(a >= 1.75f) +
                  (uint32_t)(a > 2.5f) + (uint32_t)(a >= 3.5f) + (uint32_t)(a > 5.0f);
  return code | (float_bits(y) >> 31) << 3;
}

// E2M1, ties to the smaller magnitude, zero is always +0.
CAMBIUM_INLINE uint32_t float_to_e2m1_down(float y) {
  float a = bits_float(float_bits(y) & 0x7FFFFFFF);
  uint32_t code = (uint32_t)(a > 0.25f) + (uint32_t)(a > 0.75f) + (uint32_t)(a > 1.25f) + (uint32_t)(a > 1.75f) +
                  (uint32_t)(a > 2.5f) + (uint32_t)(a > 3.5f) + (uint32_t)(a > 5.0f);
  return code ? code | (float_bits(y) >> 31) << 3 : 0;
}

// E2M1 as MLX's CPU backend finds it: the first smallest distance |y - v| in f32 over +0 ... +6, -0 ... -6. The same as
// float_to_e2m1_down unless y is far outside or NaN, where all distances are alike.
CAMBIUM_INLINE uint32_t float_to_e2m1_first(float y) {
  static const float values[8] = {0.0f, 0.5f, 1.0f, 1.5f, 2.0f, 3.0f, 4.0f, 6.0f};
  uint32_t best = 0;
  float smallest = INFINITY;
  for (uint32_t code = 0; code < 16; code++) {
    float v = values[code & 7];
    float distance = fabsf(code & 8 ? y + v : y - v);
    if (distance < smallest) {
      smallest = distance;
      best = code;
    }
  }
  return best;
}

// The bf16 number next to x towards zero, with its last bit set if x is beyond it. It compares with any number of up to
// 7 significant bits as x does, and rounds to any such format as x does. Infinities and NaN stay what they are.
CAMBIUM_INLINE uint16_t float_to_sticky(float x) {
  uint32_t u = float_bits(x);
  return (uint16_t)(u >> 16 | ((u & 0xFFFF) != 0));
}

// ceil(log2 x) of a positive finite x, from the bits: exact for sub-normals too.
CAMBIUM_INLINE int ceil_log2(float x) {
  uint32_t u = float_bits(x);
  if (u >= 0x00800000) return (int)(u >> 23) - 127 + ((u & 0x7FFFFF) != 0);
  int top = 31 - __builtin_clz(u);
  return top - 149 + ((u & (u - 1)) != 0);
}

// 2^e as f32 for -149 <= e <= 127.
CAMBIUM_INLINE float power_of_two(int e) {
  return e >= -126 ? bits_float((uint32_t)(e + 127) << 23) : bits_float((uint32_t)1 << (e + 149));
}

#endif
