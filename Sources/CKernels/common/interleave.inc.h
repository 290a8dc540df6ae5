// Reordering of x for the formats whose lanes take neighbours, for one tier.

// `steps` vectors (8 or 16) of consecutive elements become `steps` vectors of every steps-th element: each round splits
// the even places from the odd ones.
CAMBIUM_INLINE void interleave(const int steps, const float *x, float *out) {
  lanes v[16], u[16];
  CAMBIUM_UNROLL
  for (int i = 0; i < steps; i++) v[i] = lanes_load(x + 16 * i);
  CAMBIUM_UNROLL
  for (int block = steps; block > 1; block /= 2) {
    CAMBIUM_UNROLL
    for (int start = 0; start < steps; start += block) {
      CAMBIUM_UNROLL
      for (int i = 0; i < block / 2; i++) {
        u[start + i] = __builtin_shufflevector(
            v[start + 2 * i], v[start + 2 * i + 1], 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
        u[start + block / 2 + i] = __builtin_shufflevector(
            v[start + 2 * i], v[start + 2 * i + 1], 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31);
      }
    }
    CAMBIUM_UNROLL
    for (int i = 0; i < steps; i++) v[i] = u[i];
  }
  // Vector i now holds the elements whose place in the lane's run is i with its bits reversed.
  CAMBIUM_UNROLL
  for (int i = 0; i < steps; i++) {
    int place = steps == 8 ? (i & 1) << 2 | (i & 2) | (i & 4) >> 2
                           : (i & 1) << 3 | (i & 2) << 1 | (i & 4) >> 1 | (i & 8) >> 3;
    lanes_store(out + 16 * place, v[i]);
  }
}
