/// Element types of the safetensors format, spelled as in a header.
///
/// The 22 types of the reference implementation (`safetensors/src/tensor.rs`, May 2026).
public enum DType: String, Sendable, CaseIterable {
  /// Truth values of a byte.
  case bool = "BOOL"
  /// Floats of 4 bits, E2M1, two in a byte.
  case f4 = "F4"
  /// Floats of 6 bits, 2 of exponent and 3 of fraction.
  case f6e2m3 = "F6_E2M3"
  /// Floats of 6 bits, 3 of exponent and 2 of fraction.
  case f6e3m2 = "F6_E3M2"
  /// Whole numbers of 8 bits without sign.
  case u8 = "U8"
  /// Whole numbers of 8 bits.
  case i8 = "I8"
  /// Floats of 8 bits, 5 of exponent and 2 of fraction.
  case f8e5m2 = "F8_E5M2"
  /// Floats of 8 bits, 4 of exponent and 3 of fraction, with NaN and without infinity.
  case f8e4m3 = "F8_E4M3"
  /// Powers of two: 8 bits of exponent.
  case f8e8m0 = "F8_E8M0"
  /// The same as E4M3, with one zero and one NaN.
  case f8e4m3fnuz = "F8_E4M3FNUZ"
  /// The same as E5M2, with one zero and one NaN.
  case f8e5m2fnuz = "F8_E5M2FNUZ"
  /// Whole numbers of 16 bits.
  case i16 = "I16"
  /// Whole numbers of 16 bits without sign.
  case u16 = "U16"
  /// IEEE 754 binary16.
  case f16 = "F16"
  /// bfloat16: 8 bits of exponent, 7 of fraction.
  case bf16 = "BF16"
  /// Whole numbers of 32 bits.
  case i32 = "I32"
  /// Whole numbers of 32 bits without sign.
  case u32 = "U32"
  /// IEEE 754 binary32.
  case f32 = "F32"
  /// Complex numbers of two binary32.
  case c64 = "C64"
  /// IEEE 754 binary64.
  case f64 = "F64"
  /// Whole numbers of 64 bits.
  case i64 = "I64"
  /// Whole numbers of 64 bits without sign.
  case u64 = "U64"

  /// Bits of one element.
  public var bits: Int {
    switch self {
    case .f4: 4
    case .f6e2m3, .f6e3m2: 6
    case .bool, .u8, .i8, .f8e5m2, .f8e4m3, .f8e8m0, .f8e4m3fnuz, .f8e5m2fnuz: 8
    case .i16, .u16, .f16, .bf16: 16
    case .i32, .u32, .f32: 32
    case .c64, .f64, .i64, .u64: 64
    }
  }

  /// Bytes of `elements` elements; nil when negative, when they do not fill whole bytes, or when no `Int` holds the
  /// number of bits.
  public func byteCount(elements: Int) -> Int? {
    let (total, overflow) = elements.multipliedReportingOverflow(by: bits)
    guard elements >= 0, !overflow, total % 8 == 0 else { return nil }
    return total / 8
  }
}
