// Rows of x in the order in which the kernels read them, for one tier.

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
