// Operations on sixteen lanes, for one tier.

// Types without alignment, for loads and stores anywhere.
typedef float loose_lanes __attribute__((ext_vector_type(16), aligned(1), may_alias));

CAMBIUM_INLINE lanes lanes_load(const float *p) { return *(const loose_lanes *)p; }

CAMBIUM_INLINE void lanes_store(float *p, lanes v) { *(loose_lanes *)p = v; }

// The first `count` < 16 elements, then +0.
CAMBIUM_INLINE lanes lanes_load_part(const float *p, size_t count) {
  float part[16] = {0};
  memcpy(part, p, count * 4);
  return lanes_load(part);
}

CAMBIUM_INLINE void lanes_store_part(float *p, lanes v, size_t count) {
  float part[16];
  lanes_store(part, v);
  memcpy(p, part, count * 4);
}

CAMBIUM_INLINE lanes lanes_load_at(const float *p, size_t start, size_t count) {
  return count - start >= 16 ? lanes_load(p + start) : lanes_load_part(p + start, count - start);
}

CAMBIUM_INLINE void lanes_store_at(float *p, lanes v, size_t start, size_t count) {
  if (count - start >= 16) {
    lanes_store(p + start, v);
  } else {
    lanes_store_part(p + start, v, count - start);
  }
}

CAMBIUM_INLINE lanes lanes_fma(lanes a, lanes b, lanes c) { return __builtin_elementwise_fma(a, b, c); }

CAMBIUM_INLINE lanes lanes_all(float x) { return (lanes)(x); }

CAMBIUM_INLINE lanes lanes_from_bits(lanes_u32 bits) { return (lanes)(bits); }

CAMBIUM_INLINE lanes_u32 lanes_bits(lanes v) { return (lanes_u32)(v); }

CAMBIUM_INLINE lanes lanes_select(lanes_i32 mask, lanes yes, lanes no) { return mask ? yes : no; }

// Lane j + lane j + 8, then j + 4, j + 2, j + 1.
CAMBIUM_INLINE float lanes_sum(lanes v) {
  typedef float f8 __attribute__((ext_vector_type(8)));
  typedef float f4 __attribute__((ext_vector_type(4)));
  typedef float f2 __attribute__((ext_vector_type(2)));
  f8 a = v.lo + v.hi;
  f4 b = a.lo + a.hi;
  f2 c = b.lo + b.hi;
  return c.x + c.y;
}

CAMBIUM_INLINE float lanes_maximum(lanes v) {
  float l[16];
  lanes_store(l, v);
  for (int half = 8; half; half /= 2) {
    for (int j = 0; j < half; j++) l[j] = l[j] > l[j + half] ? l[j] : l[j + half];
  }
  return l[0];
}

CAMBIUM_INLINE float lanes_first(lanes v) { return v.x; }
