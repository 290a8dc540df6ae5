import Safetensors

/// The RMS norms that trunk and head have of the same type.
public enum NormType: String, Sendable, CaseIterable {
  /// The norm before attention.
  case input = "input_layernorm"
  /// The norm before the feed-forward part.
  case postAttention = "post_attention_layernorm"
  /// The norm of each head's query.
  case query = "q_norm"
  /// The norm of each head's key.
  case key = "k_norm"
  /// The norm before the output projection.
  case final = "norm"

  /// The name in the head, relative to its prefix.
  var headName: String {
    switch self {
    case .input, .postAttention: "layers.0.\(rawValue).weight"
    case .query, .key: "layers.0.self_attn.\(rawValue).weight"
    case .final: "norm.weight"
    }
  }

  /// The type of a trunk's tensor; nil for any other. The gated norm of a delta net layer and the norms of the vision
  /// tower are of no such type.
  init?(trunk name: String) {
    guard name.hasSuffix("norm.weight") else { return nil }
    if let type = NormType.allCases.first(where: { $0 != .final && name.hasSuffix(".\($0.rawValue).weight") }) {
      self = type
    } else if ["model.norm.weight", "model.language_model.norm.weight", "language_model.model.norm.weight"]
      .contains(name)
    {
      self = .final
    } else {
      return nil
    }
  }
}

extension CheckpointFolder {
  /// A trunk's norms as plain factors, by name without the prefix of its layout. A norm stored as an offset becomes
  /// `bf16(1 + w)`, as a conversion stores it, so that a checkpoint and its conversion have equal factors.
  /// - Parameter wanted: the type of those to read; nil for all.
  func trunkNorms(_ wanted: NormType? = nil) throws -> [(name: String, type: NormType, factors: [Float])] {
    let raw = conversionEvidence == nil
    return try tensorNames.compactMap { name in
      guard HeadPrefix.of(name) == nil, let type = NormType(trunk: name), type == wanted ?? type,
        let values = try floats(name)
      else { return nil }
      let short =
        ["model.language_model.", "language_model.model.", "model."].first { name.hasPrefix($0) }
        .map { String(name.dropFirst($0.count)) } ?? name
      let factors = raw ? values.map { FloatBits.roundedToBF16($0 + 1) } : values
      return (short, type, factors)
    }
  }

  /// The elements of a small float vector; nil for anything else.
  func floats(_ name: String) throws -> [Float]? {
    guard let place = self[name], place.entry.shape.count == 1, place.entry.byteCount <= 1 << 20 else { return nil }
    return FloatBits.decode(try shards[place.shard].file.readData(of: place.entry), place.entry.dtype)
  }
}

/// Plain floats out of stored bytes, little-endian.
enum FloatBits {
  static func decode(_ bytes: [UInt8], _ dtype: DType) -> [Float]? {
    switch dtype {
    case .bf16: words(bytes).map { Float(bitPattern: UInt32($0) << 16) }
    case .f16: words(bytes).map(half)
    case .f32:
      stride(from: 0, to: bytes.count - 3, by: 4).map {
        Float(
          bitPattern: UInt32(bytes[$0]) | UInt32(bytes[$0 + 1]) << 8 | UInt32(bytes[$0 + 2]) << 16
            | UInt32(bytes[$0 + 3]) << 24)
      }
    default: nil
    }
  }

  /// Adds the square of each element to the element of `sums` with its number.
  static func addSquares(_ bytes: UnsafeRawBufferPointer, _ dtype: DType, to sums: inout [Double]) {
    sums.withUnsafeMutableBufferPointer { sums in
      for index in sums.indices {
        let value: Float
        switch dtype {
        case .bf16:
          let bits = UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: 2 * index, as: UInt16.self))
          value = Float(bitPattern: UInt32(bits) << 16)
        case .f16: value = half(UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: 2 * index, as: UInt16.self)))
        case .f32:
          value = Float(
            bitPattern: UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 4 * index, as: UInt32.self)))
        default: return
        }
        sums[index] += Double(value) * Double(value)
      }
    }
  }

  private static func words(_ bytes: [UInt8]) -> [UInt16] {
    stride(from: 0, to: bytes.count - 1, by: 2).map { UInt16(bytes[$0]) | UInt16(bytes[$0 + 1]) << 8 }
  }

  /// IEEE 754 binary16.
  private static func half(_ bits: UInt16) -> Float {
    let exponent = Int(bits >> 10) & 31
    let fraction = Float(bits & 0x3FF)
    let magnitude: Float =
      switch exponent {
      case 0: fraction * 0x1p-24
      case 31: fraction == 0 ? .infinity : .nan
      default: (1024 + fraction) * Float(sign: .plus, exponent: exponent - 25, significand: 1)
      }
    return bits & 0x8000 == 0 ? magnitude : -magnitude
  }

  /// The nearest bf16, ties to even.
  static func roundedToBF16(_ value: Float) -> Float {
    guard value.isFinite else { return value }
    let bits = value.bitPattern
    return Float(bitPattern: (bits &+ 0x7FFF &+ (bits >> 16 & 1)) & 0xFFFF_0000)
  }
}
