import Safetensors

/// A tensor of the package, and the bytes of a checkpoint that it is made of.
public struct ResolvedTensor: Sendable {
  /// Canonical name: that of the package, with `.weight` where it has one.
  public let name: String
  /// What the tensor is.
  public let role: TensorRole
  /// What is done to the stored numbers.
  public let transform: TensorTransform
  /// Dtype of the source bytes.
  public let dtype: DType
  /// Shape of the source bytes after stacking or slicing and before the transform.
  public let shape: [Int]
  /// Names in the checkpoint, in the order of their bytes.
  public let sources: [String]
  /// How the sources are put together: `copy`, `stack` or `slice 0/2`.
  public let assembly: String
  /// The bytes, in order: their concatenation is the tensor.
  public let segments: [ByteRange]
  /// The packing of a matrix that was quantized before: each of its parts is a separate tensor and keeps its bytes. Else nil.
  public var packing: Packing?
  /// Where the scales of each segment of an FP8 matrix are, in the order of the segments. Else empty.
  public var blockScales: [BlockScales] = []
  /// How the codes of each segment of a matrix that another tool quantized are read. Else empty.
  public var groupedCodes: [GroupedCodes] = []
  /// What an earlier conversion did with the elements already.
  public var settled = TensorTransform.none
  /// What an adapter changes of the values; nil for nothing.
  public var delta: TensorDelta?

  /// Dtype of the values: that of the source bytes, or of what codes and scales represent.
  public var valueDType: DType { groupedCodes.first?.valueDType ?? (blockScales.isEmpty ? dtype : .bf16) }

  /// Bits of an element in the source bytes.
  public var elementBits: Int { groupedCodes.first?.code.bits ?? dtype.bits }

  /// Whether the whole of a source tensor is needed to make any part of this one.
  package var needsWholeSource: Bool {
    transform.movesElements || groupedCodes.first?.isTransposed ?? false || delta?.sample?.magnitude != nil
  }

  /// Whether the source's bytes are codes that become floats on the way.
  public var isDequantized: Bool { !blockScales.isEmpty || !groupedCodes.isEmpty }

  /// Shape after the transform.
  public var packageShape: [Int] {
    switch transform {
    case .none, .addOne: shape
    case .conv1d: [shape[0], shape[2], shape[1]]
    case .patchEmbed: [shape[0], shape[2], shape[3], shape[4], shape[1]]
    }
  }

  /// Bytes of all segments, as stored.
  public var byteCount: Int { segments.reduce(0) { $0 + $1.length } }
}

/// The scales of an FP8 matrix: one for each block of 128 × 128 elements, partial blocks at the right and lower edge; or
/// one for each row; or one for the whole matrix.
public struct BlockScales: Sendable, Equatable {
  /// Where the scales are.
  public let range: ByteRange
  /// F32, BF16, or F8_E8M0, which holds powers of two.
  public let dtype: DType
  /// Rows and columns of the matrix.
  public let matrix: [Int]
  /// Rows and columns of the scales.
  public let shape: [Int]
  /// Rows and columns of a block.
  public let blockRows: Int
  /// Columns of a block.
  public let blockColumns: Int

  /// `dequantize_fp8_blocks`, `dequantize_fp8_rows` or `dequantize_fp8_matrix`.
  public var transformName: String {
    if blockRows == BlockScales.block, blockColumns == BlockScales.block { return "dequantize_fp8_blocks" }
    return blockRows == 1 ? "dequantize_fp8_rows" : "dequantize_fp8_matrix"
  }

  /// Rows, and columns, of a block in the released checkpoints.
  public static let block = 128
}

/// A range of bytes in one shard.
public struct ByteRange: Sendable, Equatable {
  /// Index into ``CheckpointFolder/shards``.
  public let shard: Int
  /// Offset from the beginning of the file, bytes.
  public let offset: Int
  /// Bytes.
  public let length: Int
}
