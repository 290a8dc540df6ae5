// Entries of the elementary functions, one loop a function.

CAMBIUM_INLINE lanes function_lanes(const int function, lanes x) {
  switch (function) {
    case CAMBIUM_EXP:
      return exp_lanes(x);
    case CAMBIUM_LOG:
      return log_lanes(x);
    case CAMBIUM_LOG1P:
      return log1p_lanes(x);
    case CAMBIUM_SIGMOID:
      return sigmoid_lanes(x);
    case CAMBIUM_SILU:
      return silu_lanes(x);
    case CAMBIUM_SOFTPLUS:
      return softplus_lanes(x);
    case CAMBIUM_SINE:
      return quadrant_lanes(x, 0);
    default:
      return quadrant_lanes(x, 1);
  }
}

CAMBIUM_INLINE void apply(const int function, const float *x, size_t count, float *y) {
  for (size_t i = 0; i < count; i += 16) {
    lanes_store_at(y, function_lanes(function, lanes_load_at(x, i, count)), i, count);
  }
}

static void tier_apply(int function, const float *x, size_t count, float *y) {
  switch (function) {
    case CAMBIUM_EXP:
      return apply(CAMBIUM_EXP, x, count, y);
    case CAMBIUM_LOG:
      return apply(CAMBIUM_LOG, x, count, y);
    case CAMBIUM_LOG1P:
      return apply(CAMBIUM_LOG1P, x, count, y);
    case CAMBIUM_SIGMOID:
      return apply(CAMBIUM_SIGMOID, x, count, y);
    case CAMBIUM_SILU:
      return apply(CAMBIUM_SILU, x, count, y);
    case CAMBIUM_SOFTPLUS:
      return apply(CAMBIUM_SOFTPLUS, x, count, y);
    case CAMBIUM_SINE:
      return apply(CAMBIUM_SINE, x, count, y);
    default:
      return apply(CAMBIUM_COSINE, x, count, y);
  }
}

static void tier_gate_sigmoid(const float *gate, size_t count, float *y) {
  for (size_t i = 0; i < count; i += 16) {
    lanes_store_at(y, lanes_load_at(y, i, count) * sigmoid_lanes(lanes_load_at(gate, i, count)), i, count);
  }
}

static void tier_gate_silu(const float *gate, const float *up, size_t count, float *y) {
  for (size_t i = 0; i < count; i += 16) {
    lanes_store_at(y, silu_lanes(lanes_load_at(gate, i, count)) * lanes_load_at(up, i, count), i, count);
  }
}
