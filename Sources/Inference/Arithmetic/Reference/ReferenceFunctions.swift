/// The elementary functions as they are defined: polynomials with explicit fused multiply-adds, no libm, so the same
/// bits everywhere. Sources: exp, sine and cosine after Cephes' single-precision polynomials (S. Moshier), log after
/// FreeBSD's e_logf.c; largest errors in `Vector`.
public enum ReferenceFunctions {
  /// a · b + c with one rounding.
  static func fma(_ a: Float, _ b: Float, _ c: Float) -> Float { c.addingProduct(a, b) }

  /// 1.5 · 2^23: adding it leaves the nearest integer in the low bits.
  static let rounder: Float = 0x1.8p23

  /// 2^n for −126 ≤ n ≤ 127.
  static func power(_ n: Int32) -> Float { Float(bitPattern: UInt32(bitPattern: (n &+ 127) &<< 23)) }

  /// exp(x) = 2^n · exp(r), |r| ≤ log(2) / 2. Two factors of about 2^(n / 2) reach sub-normal results with one rounding.
  public static func exp(_ x: Float) -> Float {
    let low = x < -104 ? -104 : x
    let clamped = low > 89 ? 89 : low
    let shifted = fma(clamped, 0x1.715476p0, rounder)
    let n = Int32(bitPattern: shifted.bitPattern &- rounder.bitPattern)
    let whole = shifted - rounder
    var r = fma(whole, -0x1.62e4p-1, clamped)
    r = fma(whole, -0x1.7f7d1cp-20, r)
    var p = fma(0x1.a0d2cep-13, r, 0x1.6e879cp-10)
    p = fma(p, r, 0x1.111210p-7)
    p = fma(p, r, 0x1.555382p-5)
    p = fma(p, r, 0x1.555554p-3)
    p = fma(p, r, 0x1.0p-1)
    let y = fma(p, r * r, r) + 1
    let half = n >> 1
    return y * power(half) * power(n &- half)
  }

  /// Natural logarithm; −infinity for 0, NaN below.
  public static func log(_ x: Float) -> Float {
    let small = x < 0x1p-126
    let scaled = small ? x * 0x1p23 : x
    let bits = Int32(bitPattern: scaled.bitPattern)
    let exponent = (bits &- 0x3F35_04F3) >> 23
    let f = Float(bitPattern: UInt32(bitPattern: bits &- (exponent &<< 23))) - 1
    let k = Float(small ? exponent &- 23 : exponent)
    let s = f / (f + 2)
    let z = s * s
    let w = z * z
    let odd = w * fma(w, 0x1.f13c4cp-3, 0x1.999c26p-2)
    let even = z * fma(w, 0x1.23d3dcp-2, 0x1.555554p-1)
    let square = (f * 0.5) * f
    let tail = fma(s, square + (odd + even), k * 0x1.7f7d1cp-20)
    let y = fma(k, 0x1.62e4p-1, (tail - square) + f)
    if x == .infinity { return x }
    if x > 0 { return y }
    return x == 0 ? -.infinity : .nan
  }

  /// log(1 + x) for x > −1: the logarithm of the rounded sum, corrected by what the rounding lost.
  public static func log1p(_ x: Float) -> Float {
    let u = x + 1
    let lost = x - (u - 1)
    return u == .infinity ? u : log(u) + lost / u
  }

  /// 1 / (1 + exp(−x)).
  public static func sigmoid(_ x: Float) -> Float { 1 / (exp(-x) + 1) }

  /// x · sigmoid(x).
  public static func silu(_ x: Float) -> Float { x / (exp(-x) + 1) }

  /// log(1 + exp(x)); x itself above 20.
  public static func softplus(_ x: Float) -> Float { x > 20 ? x : log1p(exp(x)) }

  /// sin x, of radians.
  public static func sine(_ x: Float) -> Float { quadrant(x, 0) }

  /// cos x, of radians.
  public static func cosine(_ x: Float) -> Float { quadrant(x, 1) }

  /// The sine of x + turn · π/2. x = n · π/2 + r; π/2 in three parts.
  private static func quadrant(_ x: Float, _ turn: UInt32) -> Float {
    let shifted = fma(x, 0x1.45f306p-1, rounder)
    let n = shifted.bitPattern &- rounder.bitPattern &+ turn
    let whole = shifted - rounder
    var r = fma(whole, -0x1.921fb6p0, x)
    r = fma(whole, 0x1.777a5cp-25, r)
    r = fma(whole, 0x1.ee59dap-50, r)
    let z = r * r
    var s = fma(-0x1.9943f2p-13, z, 0x1.11073cp-7)
    s = fma(s, z, -0x1.555546p-3)
    s = fma(s * z, r, r)
    var c = fma(0x1.99eb9cp-16, z, -0x1.6c0c34p-10)
    c = fma(c, z, 0x1.55554ap-5)
    c = fma(c, z * z, fma(z, -0.5, 1))
    let y = n & 1 == 0 ? s : c
    return n & 2 == 0 ? y : -y
  }
}
