/// Conversions between `Float` and the 16-bit storage types, on bits: `Float16` does not exist on every Mac.
public enum FloatConversion {
  /// The exact value of a bf16 number.
  public static func fromBF16(_ bits: UInt16) -> Float { Float(bitPattern: UInt32(bits) << 16) }

  /// Nearest bf16 number, ties to even; NaN becomes 0x7FC0.
  public static func toBF16(_ value: Float) -> UInt16 {
    if value.isNaN { return 0x7FC0 }
    let u = value.bitPattern
    return UInt16(truncatingIfNeeded: (u &+ 0x7FFF &+ ((u >> 16) & 1)) >> 16)
  }

  /// The exact value of an f16 number.
  public static func fromF16(_ bits: UInt16) -> Float {
    let magnitude = UInt32(bits & 0x7FFF) << 13
    let sign = UInt32(bits & 0x8000) << 16
    if magnitude >= 0x0F80_0000 { return Float(bitPattern: sign | magnitude | 0x7F80_0000) }
    // The exponent field is 112 too small; the product is exact, for sub-normal numbers too.
    return Float(bitPattern: sign | (Float(bitPattern: magnitude) * 0x1p112).bitPattern)
  }

  /// Nearest f16 number, ties to even; overflow yields infinity; NaN becomes 0x7E00 with the sign of `value`.
  public static func toF16(_ value: Float) -> UInt16 {
    let u = value.bitPattern
    let a = u & 0x7FFF_FFFF
    let magnitude: UInt32
    if a > 0x7F80_0000 {
      magnitude = 0x7E00
    } else if a >= 0x477F_F000 {
      magnitude = 0x7C00  // 65520, half a step above the largest number, and all beyond
    } else if a < 0x3880_0000 {
      // Below 2^-14: 0.5 has an ulp of 2^-24, the sub-normal step, so the sum is rounded to it.
      magnitude = (Float(bitPattern: a) + 0.5).bitPattern - 0x3F00_0000
    } else {
      magnitude = (a - 0x3800_0000 + 0xFFF + ((a >> 13) & 1)) >> 13
    }
    return UInt16(magnitude) | UInt16((u >> 16) & 0x8000)
  }

  /// `value` rounded to `type` and back; the T(x) of the number-format page.
  public static func rounded(_ value: Float, to type: FloatType) -> Float {
    switch type {
    case .bf16: fromBF16(toBF16(value))
    case .f16: fromF16(toF16(value))
    case .f32: value
    }
  }

  /// Element `index` of a little-endian buffer of `type`; the buffer need not be aligned.
  static func load(_ buffer: UnsafeRawBufferPointer, _ index: Int, _ type: FloatType) -> Float {
    switch type {
    case .bf16: fromBF16(UInt16(littleEndian: buffer.loadUnaligned(fromByteOffset: index * 2, as: UInt16.self)))
    case .f16: fromF16(UInt16(littleEndian: buffer.loadUnaligned(fromByteOffset: index * 2, as: UInt16.self)))
    case .f32:
      Float(bitPattern: UInt32(littleEndian: buffer.loadUnaligned(fromByteOffset: index * 4, as: UInt32.self)))
    }
  }

  /// Stores `value`, rounded to `type`, as element `index`.
  static func store(_ value: Float, _ buffer: UnsafeMutableRawBufferPointer, _ index: Int, _ type: FloatType) {
    switch type {
    case .bf16: buffer.storeBytes(of: toBF16(value).littleEndian, toByteOffset: index * 2, as: UInt16.self)
    case .f16: buffer.storeBytes(of: toF16(value).littleEndian, toByteOffset: index * 2, as: UInt16.self)
    case .f32: buffer.storeBytes(of: value.bitPattern.littleEndian, toByteOffset: index * 4, as: UInt32.self)
    }
  }
}
