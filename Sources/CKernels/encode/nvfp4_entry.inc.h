// Entry of the nvfp4 encoder, one loop per case. NVFP4_GROUPS names the loop.
static void tier_encode_nvfp4(
    const void *input, int type, int cpu, size_t groups, uint8_t *weight, uint8_t *scales) {
  if (type == CAMBIUM_BF16) {
    cpu ? NVFP4_GROUPS(input, CAMBIUM_BF16, 1, groups, weight, scales)
        : NVFP4_GROUPS(input, CAMBIUM_BF16, 0, groups, weight, scales);
  } else if (type == CAMBIUM_F16) {
    cpu ? NVFP4_GROUPS(input, CAMBIUM_F16, 1, groups, weight, scales)
        : NVFP4_GROUPS(input, CAMBIUM_F16, 0, groups, weight, scales);
  } else {
    cpu ? NVFP4_GROUPS(input, CAMBIUM_F32, 1, groups, weight, scales)
        : NVFP4_GROUPS(input, CAMBIUM_F32, 0, groups, weight, scales);
  }
}
