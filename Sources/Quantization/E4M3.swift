/// The 8-bit number type E4M3 (no infinities, largest magnitude 448), as MLX converts to and from it.
public enum E4M3 {
  /// Nearest even, sub-normals kept, 448 and above saturate to 0x7E, sign kept (also of zero); NaN saturates too.
  public static func encode(_ value: Float) -> UInt8 {
    let u = value.bitPattern
    let a = u & 0x7FFF_FFFF
    let sign = UInt8(truncatingIfNeeded: (u >> 24) & 0x80)
    if a >= 0x43E0_0000 { return sign | 0x7E }
    if a < 0x3C80_0000 {
      // Below 2^-6: 2^14 has an ulp of 2^-9, the sub-normal step, so the sum is rounded to it.
      return sign | UInt8(truncatingIfNeeded: (Float(bitPattern: a) + 0x1p14).bitPattern - 0x4680_0000)
    }
    return sign | UInt8(truncatingIfNeeded: (a - 0x3C00_0000 + 0x7FFFF + ((a >> 20) & 1)) >> 20)
  }

  /// The value of a byte as MLX reads it (0x7F and 0xFF, which it never writes, come out as ±480).
  public static func decode(_ byte: UInt8) -> Float {
    // Exponent and fraction in f32's places, the exponent 120 too small; the product is exact.
    let magnitude = Float(bitPattern: UInt32(byte & 0x7F) << 20) * 0x1p120
    return byte & 0x80 == 0 ? magnitude : -magnitude
  }
}
