import Safetensors

/// A matrix that another tool quantized: codes row by row, and what turns them into numbers. One scale applies to a
/// group of consecutive elements of a row, to a whole row, or to the whole matrix.
public struct GroupedCodes: Sendable, Equatable {
  /// What a code means.
  public enum Code: Sendable, Equatable {
    /// Two in a byte, the low half first: E2M1.
    case e2m1
    /// E4M3.
    case e4m3
    /// Whole numbers from which a zero point is subtracted, lowest bits of a word first: 2^(bits - 1) unless one is stored.
    case offset(bits: Int)
    /// Whole numbers from -128 to 127.
    case int8

    /// Bits of a code.
    public var bits: Int {
      switch self {
      case .e2m1: 4
      case .e4m3, .int8: 8
      case .offset(let bits): bits
      }
    }
  }

  /// How the codes of a matrix are arranged.
  public enum Layout: Sendable, Equatable {
    /// Row by row.
    case rows
    /// GPTQ: words of one row's consecutive columns; the words of all rows for the first of these columns come first.
    /// To every word of zero points `zeroStep` is added, modulo 2^32: the first form of the format stores them less one.
    case gptq(zeroStep: UInt32)
    /// AWQ (`gemm`): column by column, in words of eight consecutive rows, in its own order.
    case awq
  }

  /// How a scale is stored.
  public enum Scale: Sendable, Equatable { case bf16, f16, f32, e4m3, e8m0 }

  /// What the codes are.
  public let code: Code
  /// Rows and columns.
  public let matrix: [Int]
  /// Rows and columns of the scales; GPTQ and AWQ store their transpose.
  public let grid: [Int]
  /// What the scales are.
  public let scale: Scale
  /// Where the scales are.
  public let scales: ByteRange
  /// One number in F32 for the whole matrix; nil for none.
  public var global: ByteRange?
  /// Whether scales are divided by it; else multiplied.
  public var dividesByGlobal = false
  /// Zero points, packed in words along the rows, with the codes' offset; nil for none.
  public var zeroPoints: ByteRange?
  /// How the codes are arranged.
  public var layout = Layout.rows
  /// The group of each column, I32; nil where groups are consecutive columns.
  public var groupIndices: ByteRange?
  /// F16 or BF16: the type of the values, which are rounded to that of F16 scales before.
  public var valueDType = DType.bf16

  /// Elements of a row that share a scale, where groups are consecutive columns.
  public var group: Int { matrix[1] / grid[1] }

  /// Whether elements of one row are apart from each other, so that the whole matrix is needed at once.
  public var isTransposed: Bool { layout != .rows }

  /// The dtype that reports name: that of the tensor of codes, or that of four bits.
  func dtype(stored: DType) -> DType { layout == .rows && code.bits == 4 ? .f4 : stored }

  /// How reports name what is done.
  public var transformName: String {
    switch layout {
    case .gptq: return "dequantize_gptq\(code.bits)"
    case .awq: return "dequantize_awq\(code.bits)"
    case .rows: break
    }
    return switch code {
    case .e2m1: scale == .e8m0 ? "dequantize_mxfp4" : "dequantize_nvfp4"
    case .e4m3: "dequantize_mxfp8"
    case .offset(let bits): "dequantize_int\(bits)"
    case .int8: "dequantize_int8"
    }
  }
}
