// Entry of the mx encoder, one loop per case. MX_GROUPS names the loop.
CAMBIUM_INLINE ptrdiff_t mx_by_rule(
    const void *input, const cambium_mx_format *f, int type, int bits, int cpu, size_t groups, uint8_t *weight,
    uint8_t *scales) {
  return f->steps ? MX_GROUPS(input, f, type, bits, cpu, 1, groups, weight, scales)
                  : MX_GROUPS(input, f, type, bits, cpu, 0, groups, weight, scales);
}

CAMBIUM_INLINE ptrdiff_t mx_by_format(
    const void *input, const cambium_mx_format *f, int type, size_t groups, uint8_t *weight, uint8_t *scales) {
  if (f->bits == 4) {
    return f->cpu ? mx_by_rule(input, f, type, 4, 1, groups, weight, scales)
                  : mx_by_rule(input, f, type, 4, 0, groups, weight, scales);
  }
  return f->cpu ? mx_by_rule(input, f, type, 8, 1, groups, weight, scales)
                : mx_by_rule(input, f, type, 8, 0, groups, weight, scales);
}

static ptrdiff_t tier_encode_mx(
    const void *input, const cambium_mx_format *format, size_t groups, uint8_t *weight, uint8_t *scales) {
  switch (format->type) {
    case CAMBIUM_BF16:
      return mx_by_format(input, format, CAMBIUM_BF16, groups, weight, scales);
    case CAMBIUM_F16:
      return mx_by_format(input, format, CAMBIUM_F16, groups, weight, scales);
    default:
      return mx_by_format(input, format, CAMBIUM_F32, groups, weight, scales);
  }
}
