// The gated delta rule, for one tier.

// Tokens of the delta rule that go through a few rows of the state before the next few.
#define CAMBIUM_DELTA_TOKENS 16

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
    // Updated in place, the state is right after any token, and the nearest cache holds queries and keys of a few.
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
