import Quantization

/// What is done with a tensor.
public enum Treatment: Sendable, Equatable {
  /// Bit for bit.
  case keep
  /// Every element rounded to another float type, to nearest even.
  case cast(FloatType)
  /// Quantized; nil means the pipeline's own format.
  case quantize(QuantizationChoice?)
  /// The tensor is left out.
  case drop

  /// One word, as in reports.
  public var word: String {
    switch self {
    case .keep: "keep"
    case .cast: "cast"
    case .quantize: "quantize"
    case .drop: "drop"
    }
  }
}

/// A number format as a manifest names it; what is left out comes from the mode's defaults.
public struct QuantizationChoice: Sendable, Equatable {
  /// The kind of elements and scales.
  public var mode: QuantizationMode?
  /// Bits of a code.
  public var bits: Int?
  /// Elements that share a scale.
  public var groupSize: Int?
  /// Whose bits are written where MLX's backends differ.
  public var reference: QuantizerReference?
  /// How a scale is rounded; of mxfp4 and mxfp8.
  public var scaleRule: ScaleRule?
  /// How scales are found.
  public var scales: ScaleMethod?
  /// `file:line:column`, for messages.
  public var place: String?

  /// A choice that says nothing of what is left out: the pipeline's numbers hold for it.
  public init(
    mode: QuantizationMode? = nil, bits: Int? = nil, groupSize: Int? = nil, reference: QuantizerReference? = nil,
    scaleRule: ScaleRule? = nil, scales: ScaleMethod? = nil, place: String? = nil
  ) {
    self.mode = mode
    self.bits = bits
    self.groupSize = groupSize
    self.reference = reference
    self.scaleRule = scaleRule
    self.scales = scales
    self.place = place
  }

  /// This choice, with what it leaves open taken from `base`. A choice that names another mode takes bits and group size
  /// from that mode's defaults, not from the base.
  /// - Throws: ``ManifestError/format(place:asked:expected:)`` when MLX has no such format.
  public func over(_ base: QuantizationFormat?) throws -> QuantizationFormat {
    let mode = mode ?? base?.mode ?? .affine
    let sameMode = mode == base?.mode
    do {
      return try QuantizationFormat(
        mode: mode, bits: bits ?? (sameMode ? base?.bits : nil),
        groupSize: groupSize ?? (sameMode ? base?.groupSize : nil), reference: reference ?? base?.reference ?? .metal,
        scaleRule: scaleRule ?? base?.scaleRule ?? .ceil,
        scales: scales ?? base?.scales ?? .mlx)
    } catch {
      guard case .format(let asked, let expected) = error else { throw error }
      throw ManifestError.format(place: place, asked: asked, expected: expected)
    }
  }
}
