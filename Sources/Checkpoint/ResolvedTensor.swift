import Safetensors

/// A tensor of the package, and the bytes of a checkpoint that it is made of.
public struct ResolvedTensor: Sendable {
  /// Canonical name: that of the package, with `.weight` where it has one.
  public let name: String
  public let role: TensorRole
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
  /// Of a matrix that was quantized before: each of its parts is a tensor of its own and keeps its bytes. Else nil.
  public var packing: Packing?

  /// Shape after the transform.
  public var packageShape: [Int] {
    switch transform {
    case .none, .addOne: shape
    case .conv1d: [shape[0], shape[2], shape[1]]
    case .patchEmbed: [shape[0], shape[2], shape[3], shape[4], shape[1]]
    }
  }

  public var byteCount: Int { segments.reduce(0) { $0 + $1.length } }
}

/// A range of bytes in one shard.
public struct ByteRange: Sendable, Equatable {
  /// Index into ``CheckpointFolder/shards``.
  public let shard: Int
  /// From the beginning of the file, bytes.
  public let offset: Int
  public let length: Int
}
