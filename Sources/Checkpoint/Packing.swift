import Safetensors

/// The number format of a matrix that was quantized before, read from the dtypes and shapes of its parts, which say it
/// without doubt; what a configuration says is only compared with it.
public struct Packing: Sendable, Equatable {
  /// `affine`, `mxfp4`, `mxfp8` or `nvfp4`.
  public let mode: String
  /// Bits of a code.
  public let bits: Int
  /// Elements that share a scale.
  public let groupSize: Int

  /// - Parameters:
  ///   - mode: MLX's name of the mode, such as `affine`.
  ///   - bits: Bits of a code.
  ///   - groupSize: Elements that share a scale.
  public init(mode: String, bits: Int, groupSize: Int) {
    self.mode = mode
    self.bits = bits
    self.groupSize = groupSize
  }

  /// `affine 4/64`.
  public var summary: String { "\(mode) \(bits)/\(groupSize)" }

  /// The format of a matrix with `columns` elements a row, from the last dimensions of its parts; nil when MLX has no
  /// such format. Source: the packing rule of MLX (`words = columns * bits / 32`, one scale a group).
  init?(columns: Int, words: Int, groups: Int, scales: DType, hasBiases: Bool) {
    guard columns > 0, groups > 0, columns % groups == 0 else { return nil }
    let (total, overflow) = words.multipliedReportingOverflow(by: 32)
    guard !overflow, total % columns == 0 else { return nil }
    let (bits, size) = (total / columns, columns / groups)
    switch (hasBiases, scales) {
    case (true, .bf16), (true, .f16), (true, .f32):
      guard [2, 3, 4, 5, 6, 8].contains(bits), [32, 64, 128].contains(size) else { return nil }
      self.init(mode: "affine", bits: bits, groupSize: size)
    case (false, .u8):
      switch (bits, size) {
      case (4, 32): self.init(mode: "mxfp4", bits: bits, groupSize: size)
      case (8, 32): self.init(mode: "mxfp8", bits: bits, groupSize: size)
      case (4, 16): self.init(mode: "nvfp4", bits: bits, groupSize: size)
      default: return nil
      }
    default: return nil
    }
  }
}
