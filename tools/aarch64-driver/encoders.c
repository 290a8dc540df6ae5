#include "driver.h"

// Groups of every call: more than one batch of sixteen, and a part of one.
enum { GROUPS = 37 };

static void encode_mx(int type, int kind, int bits, int cpu, int round) {
  // Stands for the table of LogarithmSteps.swift: every exponent has a step of its own.
  uint32_t steps[300];
  for (uint32_t i = 0; i < 300; i++) steps[i] = 0x3504F3 + (i * 2654435761u >> 20) - 0x800;
  const cambium_mx_format format = {type, bits, cpu, round ? steps : NULL, round && cpu ? 300 : 0, round && cpu ? -149 : 0};
  uint8_t *weight = loose((size_t)bits * 4 * GROUPS), *scales = loose(GROUPS);
  const void *input = numbers(type, kind, 32 * GROUPS);
  const ptrdiff_t outside = cambium_encode_mx(input, &format, GROUPS, weight, scales);
  add_number((uint64_t)outside);
  // After a refusal the output has no meaning.
  if (outside >= 0) add_bytes(weight, (size_t)bits * 4 * GROUPS);
  if (outside >= 0) add_bytes(scales, GROUPS);
  result("encode-mxfp%d-%s-%s-%s-%s", bits, cpu ? "cpu" : "metal", round ? "round" : "ceil", type_names[type],
         kind_names[kind]);
}

static void encode_affine(int type, int kind, int bits, size_t group, int cpu) {
  const size_t codes = group * (size_t)bits / 8 * GROUPS, width = width_of(type);
  uint8_t *weight = loose(codes);
  void *scales = loose(GROUPS * width), *biases = loose(GROUPS * width);
  cambium_encode_affine(
      numbers(type, kind, group * GROUPS), type, bits, group, cpu, GROUPS, weight, scales, biases);
  add_bytes(weight, codes);
  add_bytes(scales, GROUPS * width);
  add_bytes(biases, GROUPS * width);
  result("encode-affine%d-%zu-%s-%s-%s", bits, group, cpu ? "cpu" : "metal", type_names[type], kind_names[kind]);
}

static void encode_nvfp4(int type, int kind, int cpu) {
  uint8_t *weight = loose(8 * GROUPS), *scales = loose(GROUPS);
  cambium_encode_nvfp4(numbers(type, kind, 16 * GROUPS), type, cpu, GROUPS, weight, scales);
  add_bytes(weight, 8 * GROUPS);
  add_bytes(scales, GROUPS);
  result("encode-nvfp4-%s-%s-%s", cpu ? "cpu" : "metal", type_names[type], kind_names[kind]);
}

static void search(int type, int kind) {
  const size_t count = 5003;
  const uint8_t *p = numbers(type, kind, count);
  for (size_t start = 0; start < count;) {
    const size_t found = cambium_first_nonfinite(p + start * width_of(type), type, count - start);
    add_number(found);
    start += found + 1;
  }
  result("first-nonfinite-%s-%s", type_names[type], kind_names[kind]);
}

void run_encoders(void) {
  static const int widths[] = {2, 3, 4, 5, 6, 8};
  start_random(1);
  for (int type = 0; type < 3; type++) {
    for (int kind = 0; kind < KINDS; kind++) {
      search(type, kind);
      for (int variant = 0; variant < 8; variant++) {
        encode_mx(type, kind, variant & 1 ? 8 : 4, variant >> 1 & 1, variant >> 2);
      }
      // The other encoders take finite numbers only.
      if (kind == WITH_NAN) continue;
      for (int cpu = 0; cpu < 2; cpu++) {
        encode_nvfp4(type, kind, cpu);
        for (int i = 0; i < 6; i++) {
          for (size_t group = 32; group <= 128; group *= 2) encode_affine(type, kind, widths[i], group, cpu);
        }
      }
    }
  }
}
