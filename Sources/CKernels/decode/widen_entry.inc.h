// Entry of the conversion to f32.
static void tier_widen(const void *input, int type, float *output, size_t count) {
  widen_block(input, type, output, count);
}
