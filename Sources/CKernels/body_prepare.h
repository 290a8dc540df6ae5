// Rows of x in the order in which the kernels read them, for one tier. No guard on purpose.

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

static void interleave_row(const int steps, const float *x, size_t columns, float *out) {
  const size_t unit = 16 * (size_t)steps;
  size_t i = 0;
  for (; i + unit <= columns; i += unit) {
    if (steps == 8) {
      interleave(8, x + i, out + i);
    } else {
      interleave(16, x + i, out + i);
    }
  }
  if (i < columns) {
    float part[256] = {0};
    memcpy(part, x + i, (columns - i) * 4);
    if (steps == 8) {
      interleave(8, part, out + i);
    } else {
      interleave(16, part, out + i);
    }
  }
}

static void tier_prepare(const cambium_matrix *w, const float *x, size_t m, float *prepared) {
  const size_t padded = cambium_prepared_columns(w), stride = cambium_prepared_stride(w);
  for (size_t r = 0; r < m; r++, x += w->columns, prepared += stride) {
    if (neighbour_steps(w->format)) {
      interleave_row((int)neighbour_steps(w->format), x, w->columns, prepared);
    } else {
      memcpy(prepared, x, w->columns * 4);
      memset(prepared + w->columns, 0, (padded - w->columns) * 4);
    }
    if (!format_affine(w->format)) continue;
    const size_t groups = w->columns / w->group;
    float *sums = prepared + padded;
    for (size_t g = 0; g < groups; g++) {
      lanes sum = 0;
      for (size_t i = 0; i < w->group; i += 16) sum += lanes_load(x + g * w->group + i);
      sums[g] = lanes_sum(sum);
    }
    memset(sums + groups, 0, (cambium_round_up(groups, 16) - groups) * 4);
  }
}
