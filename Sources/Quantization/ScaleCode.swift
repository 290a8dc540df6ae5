/// How the scales of packed blocks are coded, a byte each. Affine scales are floats and no codes.
public enum ScaleCode: Sendable, Hashable {
  /// A power of two, of the mx modes: 255 stands for NaN, and MLX reads it as infinity.
  case e8m0
  /// Of nvfp4: 127 and 255 stand for NaN.
  case e4m3

  /// The code of a mode's scales; nil when they are floats.
  public init?(_ mode: QuantizationMode) {
    switch mode {
    case .affine: return nil
    case .mxfp4, .mxfp8: self = .e8m0
    case .nvfp4: self = .e4m3
    }
  }

  /// Index of the first scale that stands for no number; nil when all of them are numbers.
  public func firstNonFinite(_ scales: UnsafeRawBufferPointer) -> Int? {
    switch self {
    case .e8m0: scales.firstIndex { $0 == 0xFF }
    case .e4m3: scales.firstIndex { $0 & 0x7F == 0x7F }
    }
  }
}
