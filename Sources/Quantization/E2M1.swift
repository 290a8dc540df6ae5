/// The 4-bit number type E2M1: bit 3 is the sign, codes 0 … 7 are 0, 0.5, 1, 1.5, 2, 3, 4, 6.
public enum E2M1 {
  /// The values of the 16 codes.
  public static let values: [Float] = [0, 0.5, 1, 1.5, 2, 3, 4, 6, -0.0, -0.5, -1, -1.5, -2, -3, -4, -6]

  /// Metal: nearest, ties to the even code, sign always copied (also to zero), NaN becomes +6.
  public static func encodeEven(_ y: Float) -> UInt8 {
    if y.isNaN { return 7 }
    let sign: UInt8 = y.sign == .minus ? 8 : 0
    let a = y.magnitude
    if a > 5 { return sign | 7 }
    if a >= 3.5 { return sign | 6 }
    if a > 2.5 { return sign | 5 }
    if a >= 1.75 { return sign | 4 }
    if a > 1.25 { return sign | 3 }
    if a >= 0.75 { return sign | 2 }
    return a > 0.25 ? sign | 1 : sign
  }

  /// MLX's CPU backend: the first smallest distance |y − v| in f32 over +0 … +6, −0 … −6. So ties go to the smaller
  /// magnitude, zero is always +0, and far outside the range (or for NaN), where all distances are alike, it is 0.
  public static func encodeFirst(_ y: Float) -> UInt8 {
    var best: UInt8 = 0
    var smallest = Float.infinity
    for code in UInt8(0)..<16 {
      let distance = (y - values[Int(code)]).magnitude
      if distance < smallest {
        smallest = distance
        best = code
      }
    }
    return best
  }
}
