// The causal depthwise convolution, for one tier.

static void tier_convolve(
    const float *window, size_t stride, size_t taps, const float *weights, size_t count, float *y) {
  for (size_t i = 0; i < count; i += 16) {
    lanes sum = 0;
    for (size_t tap = 0; tap < taps; tap++) {
      sum = lanes_fma(lanes_load_at(weights + tap * count, i, count), lanes_load_at(window + tap * stride, i, count), sum);
    }
    lanes_store_at(y, silu_lanes(sum), i, count);
  }
}
