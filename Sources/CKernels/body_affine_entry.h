// Constant arguments let the compiler make one loop per case that matters.
static void tier_encode_affine(
    const void *input, int type, int bits, size_t g, int cpu, size_t groups, uint8_t *weight, void *scales,
    void *biases) {
  if (type == CAMBIUM_BF16 && bits == 4 && cpu) {
    affine_groups(input, CAMBIUM_BF16, 4, g, 1, groups, weight, scales, biases);
  } else if (type == CAMBIUM_BF16 && bits == 4) {
    affine_groups(input, CAMBIUM_BF16, 4, g, 0, groups, weight, scales, biases);
  } else if (type == CAMBIUM_BF16 && bits == 8 && cpu) {
    affine_groups(input, CAMBIUM_BF16, 8, g, 1, groups, weight, scales, biases);
  } else if (type == CAMBIUM_BF16 && bits == 8) {
    affine_groups(input, CAMBIUM_BF16, 8, g, 0, groups, weight, scales, biases);
  } else if (cpu) {
    affine_groups(input, type, bits, g, 1, groups, weight, scales, biases);
  } else {
    affine_groups(input, type, bits, g, 0, groups, weight, scales, biases);
  }
}
