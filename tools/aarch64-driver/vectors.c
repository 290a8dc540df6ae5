#include "driver.h"

// Full vectors, a rest, and less than one vector.
static const size_t counts[] = {1000, 1024, 37, 5};

static void functions(int kind) {
  static const char *const names[] = {"exp", "log", "log1p", "sigmoid", "silu", "softplus", "sine", "cosine"};
  static const float places[] = {0.0f, -0.0f, 1.0f, -1.0f, 88.7f, 89.0f, 90.0f, -87.3f, -103.9f, -104.0f, -200.0f, 20.0f,
                                 20.1f, 1e-45f, 1e-38f, 3e38f, INFINITY, -INFINITY, NAN, 100.0f, 3.14159274f, 1e6f};
  for (int function = CAMBIUM_EXP; function <= CAMBIUM_COSINE; function++) {
    for (size_t i = 0; i < 4; i++) {
      float *x = floats(kind, counts[i]), *y = floats(USUAL, counts[i]);
      if (kind == WITH_NAN && counts[i] > 30) memcpy(x, places, sizeof places);
      // Numbers below 1 leave most of a function unused.
      for (size_t j = 30; j < counts[i] && kind == USUAL; j++) x[j] *= 40;
      cambium_apply(function, x, counts[i], y);
      add_floats(y, counts[i]);
      result("%s-%zu-%s", names[function], counts[i], kind_names[kind]);
    }
  }
}

static void elements(int kind) {
  for (size_t i = 0; i < 4; i++) {
    const size_t n = counts[i];
    float *a = floats(kind, n), *b = floats(kind, n), *y = floats(kind, n);
    float single[] = {cambium_dot(a, b, n), cambium_sum(a, n), cambium_maximum(a, n)};
    add_floats(single, 3);
    result("dot-sum-maximum-%zu-%s", n, kind_names[kind]);
    cambium_gate_sigmoid(a, n, y);
    add_floats(y, n);
    cambium_gate_silu(a, b, n, y);
    add_floats(y, n);
    result("gates-%zu-%s", n, kind_names[kind]);
    cambium_scale(a, 0.37f, b, n, y);
    add_floats(y, n);
    cambium_scale(a, 0.37f, NULL, n, y);
    add_floats(y, n);
    cambium_add_product(b, -1.7f, n, y);
    add_floats(y, n);
    result("scale-add-%zu-%s", n, kind_names[kind]);
    single[0] = cambium_exponentials(a, n);
    add_floats(single, 1);
    add_floats(a, n);
    result("exponentials-%zu-%s", n, kind_names[kind]);
    cambium_convolve(floats(kind, 4 * (n + 2)), n + 2, 4, floats(kind, 4 * n), n, y);
    add_floats(y, n);
    result("convolve-%zu-%s", n, kind_names[kind]);
  }
}

static void attend(size_t dimension, size_t positions, int kind) {
  const size_t stride = 2 * dimension + 1;
  float *out = floats(USUAL, dimension), *scratch = floats(USUAL, positions);
  cambium_attend(
      floats(kind, dimension), floats(kind, positions * stride), floats(kind, positions * stride), dimension, stride,
      positions, 0.11f, out, scratch);
  add_floats(out, dimension);
  result("attend-%zu-%zu-%s", dimension, positions, kind_names[kind]);
}

// Tokens on a copy of the state (`kept`: none of them change it), then those into the state with more of them.
static void delta(size_t keys, size_t values, size_t count, int kind) {
  float *state = floats(kind, keys * values), *scratch = floats(USUAL, 4 * keys), *out = floats(USUAL, count * values);
  float *updates = floats(USUAL, count * (values + 1));
  cambium_delta_tokens tokens = {
      count, floats(kind, count * keys), floats(kind, count * keys), floats(kind, count * (keys + values)), keys,
      floats(USUAL, 2 * count), floats(USUAL, 2 * count), 2, out, values};
  cambium_delta_record record = {0, tokens.keys, keys, tokens.decays, 2, updates, values + 1};
  cambium_delta_steps(state, keys, values, &record, &tokens, scratch);
  add_floats(out, count * values);
  add_floats(state, keys * values);
  for (size_t t = 0; t < count; t++) add_floats(updates + t * (values + 1), values);
  record.count = count;
  cambium_delta_steps(state, keys, values, &record, &tokens, NULL);
  add_floats(out, count * values);
  add_floats(state, keys * values);
  result("delta-%zu-%zu-%zu-%s", keys, values, count, kind_names[kind]);
}

void run_vectors(void) {
  start_random(4);
  for (int kind = 0; kind < KINDS; kind++) {
    functions(kind);
    elements(kind);
    for (size_t positions = 1; positions < 200; positions = 3 * positions + 1) {
      attend(128, positions, kind);
      attend(256, positions, kind);
      attend(72, positions, kind);
      attend(21, positions, kind);
    }
    for (size_t count = 1; count < 50; count = 3 * count + 1) {
      delta(128, 6, count, kind);
      delta(40, 8, count, kind);
    }
  }
}
