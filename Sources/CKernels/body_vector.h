// Reductions, attention, convolution and the delta rule, for one tier. No guard on purpose.

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

// One token on `n` (a constant) rows of the state; the new rows go to next, which may be state, and what the token adds
// to them by its key to updates unless that is NULL.
CAMBIUM_INLINE void delta_rows(
    const int n, const float *state, float *next, size_t dimension, const float *query, const float *key,
    const float *value, float decay, float beta, float *updates, float *out) {
  lanes sums[4], deltas[4];
  CAMBIUM_UNROLL
  for (int v = 0; v < n; v++) sums[v] = 0;
  for (size_t k = 0; k < dimension; k += 16) {
    const lanes keys = lanes_load_at(key, k, dimension);
    CAMBIUM_UNROLL
    for (int v = 0; v < n; v++) {
      sums[v] = lanes_fma(lanes_load_at(state + (size_t)v * dimension, k, dimension) * decay, keys, sums[v]);
    }
  }
  CAMBIUM_UNROLL
  for (int v = 0; v < n; v++) {
    const float delta = (value[v] - lanes_sum(sums[v])) * beta;
    if (updates) updates[v] = delta;
    deltas[v] = lanes_all(delta);
    sums[v] = 0;
  }
  for (size_t k = 0; k < dimension; k += 16) {
    const lanes keys = lanes_load_at(key, k, dimension), queries = lanes_load_at(query, k, dimension);
    CAMBIUM_UNROLL
    for (int v = 0; v < n; v++) {
      const size_t row = (size_t)v * dimension;
      const lanes s = lanes_fma(deltas[v], keys, lanes_load_at(state + row, k, dimension) * decay);
      lanes_store_at(next + row, s, k, dimension);
      sums[v] = lanes_fma(s, queries, sums[v]);
    }
  }
  CAMBIUM_UNROLL
  for (int v = 0; v < n; v++) out[v] = lanes_sum(sums[v]);
}

// Recorded tokens into `n` (a constant) rows of the state: what delta_rows did to them, without what led to the updates.
CAMBIUM_INLINE void delta_repeat(
    const int n, float *state, size_t dimension, const cambium_delta_record *record, const float *updates) {
  for (size_t k = 0; k < dimension; k += 16) {
    lanes s[4];
    CAMBIUM_UNROLL
    for (int v = 0; v < n; v++) s[v] = lanes_load_at(state + (size_t)v * dimension, k, dimension);
    for (size_t r = 0; r < record->count; r++) {
      const lanes keys = lanes_load_at(record->keys + r * record->key_stride, k, dimension);
      const float decay = record->decays[r * record->decay_stride];
      CAMBIUM_UNROLL
      for (int v = 0; v < n; v++) s[v] = lanes_fma(lanes_all(updates[r * record->update_stride + v]), keys, s[v] * decay);
    }
    CAMBIUM_UNROLL
    for (int v = 0; v < n; v++) lanes_store_at(state + (size_t)v * dimension, s[v], k, dimension);
  }
}

// Some tokens on `n` (a constant) rows of the state, from row `v` on.
CAMBIUM_INLINE void delta_block(
    const int n, size_t v, float *state, size_t dimension, const cambium_delta_record *record,
    const cambium_delta_tokens *tokens, size_t first, size_t last, float *scratch) {
  float *rows = state + v * dimension;
  float *updates = record->updates ? record->updates + v : NULL;
  if (first == 0 && record->count) delta_repeat(n, rows, dimension, record, updates);
  const float *from = rows;
  float *to = scratch ? scratch : rows;
  for (size_t t = first; t < last; t++) {
    delta_rows(
        n, from, to, dimension, tokens->queries + t * tokens->stride, tokens->keys + t * tokens->stride,
        tokens->values + t * tokens->stride + v, tokens->decays[t * tokens->gate_stride],
        tokens->betas[t * tokens->gate_stride], scratch ? updates + t * record->update_stride : NULL,
        tokens->out + t * tokens->out_stride + v);
    from = to;
  }
}

static void tier_delta_steps(
    float *state, size_t key_dimension, size_t value_dimension, const cambium_delta_record *record,
    const cambium_delta_tokens *tokens, float *scratch) {
  size_t first = 0;
  do {
    // In place the state is where it must be after any token, and the nearest cache holds queries and keys of a few.
    const size_t left = tokens->count - first;
    const size_t last = !scratch && left > CAMBIUM_DELTA_TOKENS ? first + CAMBIUM_DELTA_TOKENS : tokens->count;
    size_t v = 0;
    for (; v + 4 <= value_dimension; v += 4) {
      delta_block(4, v, state, key_dimension, record, tokens, first, last, scratch);
    }
    for (; v < value_dimension; v++) delta_block(1, v, state, key_dimension, record, tokens, first, last, scratch);
    first = last;
  } while (first < tokens->count);
}
