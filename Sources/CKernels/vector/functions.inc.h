// The elementary functions on sixteen lanes, for one tier; line by line ReferenceFunctions.swift, which names the sources.

#define CAMBIUM_ROUNDER 0x1.8p23f

// 2^n for -126 <= n <= 127.
CAMBIUM_INLINE lanes power_lanes(lanes_i32 n) {
  return lanes_from_bits((lanes_u32)((n + 127) << 23));
}

CAMBIUM_INLINE lanes_i32 whole_part(lanes shifted) {
  return (lanes_i32)(lanes_bits(shifted) - lanes_bits(lanes_all(CAMBIUM_ROUNDER)));
}

CAMBIUM_INLINE lanes exp_lanes(lanes x) {
  const lanes low = x < -104.0f ? lanes_all(-104.0f) : x;
  const lanes clamped = low > 89.0f ? lanes_all(89.0f) : low;
  const lanes shifted = lanes_fma(clamped, lanes_all(0x1.715476p0f), lanes_all(CAMBIUM_ROUNDER));
  const lanes_i32 n = whole_part(shifted);
  const lanes whole = shifted - CAMBIUM_ROUNDER;
  lanes r = lanes_fma(whole, lanes_all(-0x1.62e4p-1f), clamped);
  r = lanes_fma(whole, lanes_all(-0x1.7f7d1cp-20f), r);
  lanes p = lanes_fma(lanes_all(0x1.a0d2cep-13f), r, lanes_all(0x1.6e879cp-10f));
  p = lanes_fma(p, r, lanes_all(0x1.111210p-7f));
  p = lanes_fma(p, r, lanes_all(0x1.555382p-5f));
  p = lanes_fma(p, r, lanes_all(0x1.555554p-3f));
  p = lanes_fma(p, r, lanes_all(0x1.0p-1f));
  const lanes y = lanes_fma(p, r * r, r) + 1.0f;
  const lanes_i32 half = n >> 1;
  return y * power_lanes(half) * power_lanes(n - half);
}

CAMBIUM_INLINE lanes log_lanes(lanes x) {
  const lanes_i32 small = x < 0x1p-126f;
  const lanes scaled = small ? x * 0x1p23f : x;
  const lanes_i32 bits = (lanes_i32)(scaled);
  const lanes_i32 exponent = (bits - 0x3F3504F3) >> 23;
  const lanes f = (lanes)(bits - (exponent << 23)) - 1.0f;
  const lanes k = __builtin_convertvector(small ? exponent - 23 : exponent, lanes);
  const lanes s = f / (f + 2.0f);
  const lanes z = s * s;
  const lanes w = z * z;
  const lanes odd = w * lanes_fma(w, lanes_all(0x1.f13c4cp-3f), lanes_all(0x1.999c26p-2f));
  const lanes even = z * lanes_fma(w, lanes_all(0x1.23d3dcp-2f), lanes_all(0x1.555554p-1f));
  const lanes square = (f * 0.5f) * f;
  const lanes tail = lanes_fma(s, square + (odd + even), k * 0x1.7f7d1cp-20f);
  lanes y = lanes_fma(k, lanes_all(0x1.62e4p-1f), (tail - square) + f);
  const lanes none = lanes_from_bits((lanes_u32)0x7FC00000);
  y = x > 0.0f ? y : (x == 0.0f ? lanes_all(-__builtin_inff()) : none);
  return x == __builtin_inff() ? x : y;
}

CAMBIUM_INLINE lanes log1p_lanes(lanes x) {
  const lanes u = x + 1.0f;
  const lanes lost = x - (u - 1.0f);
  return u == __builtin_inff() ? u : log_lanes(u) + lost / u;
}

CAMBIUM_INLINE lanes sigmoid_lanes(lanes x) { return 1.0f / (exp_lanes(-x) + 1.0f); }

CAMBIUM_INLINE lanes silu_lanes(lanes x) { return x / (exp_lanes(-x) + 1.0f); }

CAMBIUM_INLINE lanes softplus_lanes(lanes x) { return x > 20.0f ? x : log1p_lanes(exp_lanes(x)); }

// The sine of x + turn * pi / 2.
CAMBIUM_INLINE lanes quadrant_lanes(lanes x, uint32_t turn) {
  const lanes shifted = lanes_fma(x, lanes_all(0x1.45f306p-1f), lanes_all(CAMBIUM_ROUNDER));
  const lanes_i32 n = whole_part(shifted) + (int32_t)turn;
  const lanes whole = shifted - CAMBIUM_ROUNDER;
  lanes r = lanes_fma(whole, lanes_all(-0x1.921fb6p0f), x);
  r = lanes_fma(whole, lanes_all(0x1.777a5cp-25f), r);
  r = lanes_fma(whole, lanes_all(0x1.ee59dap-50f), r);
  const lanes z = r * r;
  lanes s = lanes_fma(lanes_all(-0x1.9943f2p-13f), z, lanes_all(0x1.11073cp-7f));
  s = lanes_fma(s, z, lanes_all(-0x1.555546p-3f));
  s = lanes_fma(s * z, r, r);
  lanes c = lanes_fma(lanes_all(0x1.99eb9cp-16f), z, lanes_all(-0x1.6c0c34p-10f));
  c = lanes_fma(c, z, lanes_all(0x1.55554ap-5f));
  c = lanes_fma(c, z * z, lanes_fma(z, lanes_all(-0.5f), lanes_all(1.0f)));
  const lanes y = (n & 1) == 0 ? s : c;
  return (n & 2) == 0 ? y : -y;
}
