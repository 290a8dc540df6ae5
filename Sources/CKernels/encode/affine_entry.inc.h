// Constant arguments let the compiler make one loop per case that matters.
CAMBIUM_INLINE void affine_by_reference(
    const void *input, int type, int bits, size_t g, int cpu, size_t groups, uint8_t *weight, void *scales,
    void *biases) {
  if (cpu) {
    affine_groups(input, type, bits, g, 1, groups, weight, scales, biases);
  } else {
    affine_groups(input, type, bits, g, 0, groups, weight, scales, biases);
  }
}

// f16 and f32 weights are rare: one loop for all their bit widths.
static void tier_encode_affine(
    const void *input, int type, int bits, size_t g, int cpu, size_t groups, uint8_t *weight, void *scales,
    void *biases) {
  if (type == CAMBIUM_F16) return affine_by_reference(input, CAMBIUM_F16, bits, g, cpu, groups, weight, scales, biases);
  if (type == CAMBIUM_F32) return affine_by_reference(input, CAMBIUM_F32, bits, g, cpu, groups, weight, scales, biases);
  switch (bits) {
    case 2:
      return affine_by_reference(input, CAMBIUM_BF16, 2, g, cpu, groups, weight, scales, biases);
    case 3:
      return affine_by_reference(input, CAMBIUM_BF16, 3, g, cpu, groups, weight, scales, biases);
    case 4:
      return affine_by_reference(input, CAMBIUM_BF16, 4, g, cpu, groups, weight, scales, biases);
    case 5:
      return affine_by_reference(input, CAMBIUM_BF16, 5, g, cpu, groups, weight, scales, biases);
    case 6:
      return affine_by_reference(input, CAMBIUM_BF16, 6, g, cpu, groups, weight, scales, biases);
    default:
      return affine_by_reference(input, CAMBIUM_BF16, 8, g, cpu, groups, weight, scales, biases);
  }
}
