/// How the parts of a packed matrix are coded whose numbers are a byte each: block scales, and the elements of mxfp8. Affine
/// scales are floats, and the elements of the other modes are all numbers.
public enum ByteCode: Sendable, Hashable {
  /// A power of two, scales of the mx modes: 255 is NaN, and MLX reads it as infinity.
  case e8m0
  /// Scales of nvfp4, elements of mxfp8: 127 and 255 are NaN, and MLX reads them as ±480.
  case e4m3

  /// The code of a mode's scales; nil when they are floats.
  public init?(scalesOf mode: QuantizationMode) {
    switch mode {
    case .affine: return nil
    case .mxfp4, .mxfp8: self = .e8m0
    case .nvfp4: self = .e4m3
    }
  }

  /// The code of a mode's elements; nil when every code is a number.
  public init?(elementsOf mode: QuantizationMode) {
    guard mode == .mxfp8 else { return nil }
    self = .e4m3
  }

  /// Index of the first byte that is no number; nil when all of them are numbers.
  public func firstNonFinite(_ bytes: UnsafeRawBufferPointer) -> Int? {
    // 64 at a time: elements are as many bytes as the model has.
    var at = 0
    while bytes.count - at >= 64 {
      var marks: UInt64 = 0
      for word in 0..<8 { marks |= self.marks(bytes.loadUnaligned(fromByteOffset: at + 8 * word, as: UInt64.self)) }
      if marks != 0 { break }
      at += 64
    }
    return bytes[at...].firstIndex { marks(UInt64($0)) != 0 }
  }

  /// The highest bit of each byte that is no number.
  private func marks(_ word: UInt64) -> UInt64 {
    // No byte carries into the next: 127 + 1 is the most.
    let full = ((word & 0x7F7F_7F7F_7F7F_7F7F) &+ 0x0101_0101_0101_0101) & 0x8080_8080_8080_8080
    switch self {
    case .e8m0: return full & word
    case .e4m3: return full
    }
  }
}
