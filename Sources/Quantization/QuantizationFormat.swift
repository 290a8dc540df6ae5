/// One quantization format that MLX has: mode, bits and group size, with the backend and scale rule to follow
/// and how scales are found.
///
/// affine: 2, 3, 4, 5, 6 or 8 bits in groups of 32, 64 or 128 (default 4 and 64); mxfp4: 4 bits, groups of 32;
/// mxfp8: 8 bits, groups of 32; nvfp4: 4 bits, groups of 16.
public struct QuantizationFormat: Hashable, Sendable {
  /// The kind of elements and scales.
  public let mode: QuantizationMode
  /// Bits of one code.
  public let bits: Int
  /// Consecutive elements of the last dimension that share a scale.
  public let groupSize: Int
  /// Whose bits are written where MLX's backends differ.
  public let reference: QuantizerReference
  /// The rule of scales, used by mxfp4 and mxfp8 only.
  public let scaleRule: ScaleRule
  /// How scales are found.
  public let scales: ScaleMethod

  /// - Throws: `QuantizationError.format` (E_QUANT_FORMAT) for anything MLX has not.
  public init(
    mode: QuantizationMode, bits: Int? = nil, groupSize: Int? = nil, reference: QuantizerReference = .metal,
    scaleRule: ScaleRule = .ceil, scales: ScaleMethod = .mlx
  ) throws(QuantizationError) {
    let allowed = Self.allowed(mode)
    let bits = bits ?? allowed.defaultBits
    let groupSize = groupSize ?? allowed.defaultGroup
    guard allowed.bits.contains(bits), allowed.groups.contains(groupSize) else {
      throw .format(asked: "\(mode.rawValue), \(bits) bits, group size \(groupSize)", expected: allowed.text(mode))
    }
    self.mode = mode
    self.bits = bits
    self.groupSize = groupSize
    self.reference = reference
    self.scaleRule = scaleRule
    self.scales = scales
  }

  /// The same format with scales that are found in another way.
  package func with(scales: ScaleMethod) -> QuantizationFormat { QuantizationFormat(self, scales: scales) }

  private init(_ other: QuantizationFormat, scales: ScaleMethod) {
    mode = other.mode
    bits = other.bits
    groupSize = other.groupSize
    reference = other.reference
    scaleRule = other.scaleRule
    self.scales = scales
  }

  /// 32-bit words of one packed row.
  public func packedWords(columns: Int) -> Int { columns * bits / 32 }

  /// Scales (and biases) of one row.
  public func groups(columns: Int) -> Int { columns / groupSize }

  /// Whether a bias is stored beside each scale.
  public var hasBiases: Bool { mode == .affine }

  /// Bytes of one stored scale, and of one bias where there are biases, for weights of type `input`.
  public func scaleByteWidth(input: FloatType) -> Int { mode == .affine ? input.byteWidth : 1 }

  /// Stored bits for one element: its code and its share of the scale and bias.
  public func bitsPerWeight(input: FloatType) -> Double {
    let perGroup = scaleByteWidth(input: input) * 8 * (hasBiases ? 2 : 1)
    return Double(bits) + Double(perGroup) / Double(groupSize)
  }

  private struct Allowed {
    let bits: [Int]
    let groups: [Int]
    let defaultBits: Int
    let defaultGroup: Int

    func text(_ mode: QuantizationMode) -> String {
      let bitList = bits.map(String.init).joined(separator: ", ")
      let groupList = groups.map(String.init).joined(separator: ", ")
      return "\(mode.rawValue) with bits \(bitList) and group size \(groupList)"
    }
  }

  private static func allowed(_ mode: QuantizationMode) -> Allowed {
    switch mode {
    case .affine: Allowed(bits: [2, 3, 4, 5, 6, 8], groups: [32, 64, 128], defaultBits: 4, defaultGroup: 64)
    case .mxfp4: Allowed(bits: [4], groups: [32], defaultBits: 4, defaultGroup: 32)
    case .mxfp8: Allowed(bits: [8], groups: [32], defaultBits: 8, defaultGroup: 32)
    case .nvfp4: Allowed(bits: [4], groups: [16], defaultBits: 4, defaultGroup: 16)
    }
  }
}
