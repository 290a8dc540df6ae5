import Safetensors

/// A matrix that another tool quantized: codes row by row, and what turns them into numbers. One scale stands for a group
/// of consecutive elements of a row, for a whole row, or for the whole matrix.
public struct GroupedCodes: Sendable, Equatable {
  /// What a code stands for.
  public enum Code: Sendable, Equatable {
    /// Two in a byte, the low half first: E2M1.
    case e2m1
    /// E4M3.
    case e4m3
    /// Whole numbers with 2^(bits - 1) added; of four bits two in a byte, the low half first.
    case offset(bits: Int)
    /// Whole numbers from -128 to 127.
    case int8

    public var bits: Int {
      switch self {
      case .e2m1: 4
      case .e4m3, .int8: 8
      case .offset(let bits): bits
      }
    }
  }

  /// How a scale is stored.
  public enum Scale: Sendable, Equatable { case bf16, f16, f32, e4m3, e8m0 }

  public let code: Code
  /// Rows and columns.
  public let matrix: [Int]
  /// Rows and columns of the scales.
  public let grid: [Int]
  public let scale: Scale
  public let scales: ByteRange
  /// One number in F32 for the whole matrix; nil for none.
  public var global: ByteRange?
  /// Whether scales are divided by it; else multiplied.
  public var dividesByGlobal = false
  /// Zero points, packed in words along the rows, with the codes' offset; nil for none.
  public var zeroPoints: ByteRange?

  /// Elements of a row that share a scale.
  public var group: Int { matrix[1] / grid[1] }

  /// Type of the values: that of the scales if it is F16, else BF16.
  public var valueDType: DType { scale == .f16 ? .f16 : .bf16 }

  /// How reports name what is done.
  public var transformName: String {
    switch code {
    case .e2m1: scale == .e8m0 ? "dequantize_mxfp4" : "dequantize_nvfp4"
    case .e4m3: "dequantize_mxfp8"
    case .offset(let bits): "dequantize_int\(bits)"
    case .int8: "dequantize_int8"
    }
  }
}
