// Attention of one query over the positions of one head, for one tier.

// Scores of `n` (a constant) positions: n chains of sums at once.
CAMBIUM_INLINE void scores(
    const int n, const float *query, const float *keys, size_t dimension, size_t stride, float scale, float *out) {
  lanes sums[8];
  CAMBIUM_UNROLL
  for (int p = 0; p < n; p++) sums[p] = 0;
  for (size_t d = 0; d < dimension; d += 16) {
    const lanes q = lanes_load_at(query, d, dimension);
    CAMBIUM_UNROLL
    for (int p = 0; p < n; p++) {
      sums[p] = lanes_fma(q, lanes_load_at(keys + (size_t)p * stride, d, dimension), sums[p]);
    }
  }
  CAMBIUM_UNROLL
  for (int p = 0; p < n; p++) out[p] = lanes_sum(sums[p]) * scale;
}

// `n` (a constant) vectors of the weighted sum of the values, by position.
CAMBIUM_INLINE void weighted_sum(
    const int n, const float *weights, const float *values, size_t stride, size_t positions, float inverse,
    float *out) {
  lanes sums[8];
  CAMBIUM_UNROLL
  for (int i = 0; i < n; i++) sums[i] = 0;
  for (size_t p = 0; p < positions; p++, values += stride) {
    const lanes weight = lanes_all(weights[p]);
    CAMBIUM_UNROLL
    for (int i = 0; i < n; i++) sums[i] = lanes_fma(weight, lanes_load(values + 16 * i), sums[i]);
  }
  CAMBIUM_UNROLL
  for (int i = 0; i < n; i++) lanes_store(out + 16 * i, sums[i] * inverse);
}

static void tier_attend(
    const float *query, const float *keys, const float *values, size_t dimension, size_t stride, size_t positions,
    float scale, float *out, float *scratch) {
  size_t p = 0;
  for (; p + 4 <= positions; p += 4) scores(4, query, keys + p * stride, dimension, stride, scale, scratch + p);
  for (; p < positions; p++) scores(1, query, keys + p * stride, dimension, stride, scale, scratch + p);
  const float inverse = 1.0f / tier_exponentials(scratch, positions);
  size_t d = 0;
  for (; d + 128 <= dimension; d += 128) weighted_sum(8, scratch, values + d, stride, positions, inverse, out + d);
  for (; d + 16 <= dimension; d += 16) weighted_sum(1, scratch, values + d, stride, positions, inverse, out + d);
  for (; d < dimension; d++) {
    float sum = 0;
    for (p = 0; p < positions; p++) sum = __builtin_fmaf(scratch[p], values[p * stride + d], sum);
    out[d] = sum * inverse;
  }
}
