// Entry of the compiler-vectorised mx encoder, one loop per case.
static ptrdiff_t tier_encode_mx(
    const void *input, int bits, int cpu, size_t groups, uint8_t *weight, uint8_t *scales) {
  if (bits == 4 && cpu) return mx_groups(input, 4, 1, groups, weight, scales);
  if (bits == 4) return mx_groups(input, 4, 0, groups, weight, scales);
  if (cpu) return mx_groups(input, 8, 1, groups, weight, scales);
  return mx_groups(input, 8, 0, groups, weight, scales);
}
