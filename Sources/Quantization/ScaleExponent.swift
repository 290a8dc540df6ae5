/// The exponent e of an mx scale 2^e from x = amax / peak > 0 (number-format page, mx scale).
enum ScaleExponent {
  /// ceil(log2 x), exact, from the bits.
  static func ceil(_ x: Float) -> Int {
    let (exponent, fraction) = parts(x)
    return fraction == 0 ? exponent : exponent + 1
  }

  /// Metal, rule `round`: log2 x rounded half away. log2 x is never half-way between integers, so it is enough to
  /// compare with sqrt(2): 1 + 0x3504F4 / 2^23 is the smallest f32 number above it.
  static func roundMetal(_ x: Float) -> Int {
    let (exponent, fraction) = parts(x)
    return fraction >= 0x3504F4 ? exponent + 1 : exponent
  }

  /// CPU backend, rule `round`: rint(T(log2 x)), the logarithm rounded to T first. x is a number of type T.
  static func roundCPU(_ x: Float, _ type: FloatType) -> Int {
    let (exponent, fraction) = parts(x)
    let steps = LogarithmSteps.steps(for: type)
    let index = exponent - steps.firstExponent
    guard steps.fractions.indices.contains(index) else { return exponent }
    return fraction >= steps.fractions[index] ? exponent + 1 : exponent
  }

  /// 2^e in f32; 0 below the smallest sub-normal number, infinity above the largest.
  static func power(_ e: Int) -> Float {
    if e > 127 { return .infinity }
    if e >= -126 { return Float(bitPattern: UInt32(e + 127) << 23) }
    return e >= -149 ? Float(bitPattern: UInt32(1) << UInt32(e + 149)) : 0
  }

  /// x = 2^exponent · (1 + fraction / 2^23), sub-normal numbers normalised.
  private static func parts(_ x: Float) -> (exponent: Int, fraction: UInt32) {
    let u = x.bitPattern & 0x7FFF_FFFF
    if u >= 0x0080_0000 { return (Int(u >> 23) - 127, u & 0x7F_FFFF) }
    if u == 0 { return (-150, 0) }
    let shift = u.leadingZeroBitCount - 8
    return (-126 - shift, (u << UInt32(shift)) & 0x7F_FFFF)
  }
}
