// Sums, maxima and products by element, for one tier.

static float tier_dot(const float *a, const float *b, size_t count) {
  lanes sum = 0;
  for (size_t i = 0; i < count; i += 16) sum = lanes_fma(lanes_load_at(a, i, count), lanes_load_at(b, i, count), sum);
  return lanes_sum(sum);
}

static float tier_sum(const float *a, size_t count) {
  lanes sum = 0;
  for (size_t i = 0; i < count; i += 16) sum += lanes_load_at(a, i, count);
  return lanes_sum(sum);
}

static float tier_maximum(const float *a, size_t count) {
  lanes largest = lanes_all(-__builtin_inff());
  size_t i = 0;
  for (; i + 16 <= count; i += 16) {
    const lanes v = lanes_load(a + i);
    largest = v > largest ? v : largest;
  }
  if (i < count) {
    float part[16];
    lanes_store(part, largest);
    for (size_t j = 0; i + j < count; j++) part[j] = a[i + j] > part[j] ? a[i + j] : part[j];
    largest = lanes_load(part);
  }
  return lanes_maximum(largest);
}

static void tier_scale(const float *x, float factor, const float *weight, size_t count, float *y) {
  for (size_t i = 0; i < count; i += 16) {
    lanes v = lanes_load_at(x, i, count) * factor;
    if (weight) v *= lanes_load_at(weight, i, count);
    lanes_store_at(y, v, i, count);
  }
}

static void tier_add_product(const float *x, float factor, size_t count, float *y) {
  for (size_t i = 0; i < count; i += 16) {
    lanes_store_at(y, lanes_fma(lanes_all(factor), lanes_load_at(x, i, count), lanes_load_at(y, i, count)), i, count);
  }
}

static float tier_exponentials(float *scores, size_t count) {
  const float maximum = tier_maximum(scores, count);
  lanes sum = 0;
  size_t i = 0;
  for (; i + 16 <= count; i += 16) {
    const lanes e = exp_lanes(lanes_load(scores + i) - maximum);
    lanes_store(scores + i, e);
    sum += e;
  }
  if (i < count) {
    lanes_store_part(scores + i, exp_lanes(lanes_load_part(scores + i, count - i) - maximum), count - i);
    sum += lanes_load_part(scores + i, count - i);
  }
  return lanes_sum(sum);
}
