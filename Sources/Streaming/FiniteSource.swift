import Checkpoint
import Planning
import Quantization
import Safetensors

/// Refuses numbers that are none in what a tensor is made of. A quantizer looks at its input itself; what is kept or cast
/// is looked at here, while the block is in the cache anyway.
///
/// No released checkpoint keeps an infinity or a NaN, in a mask or elsewhere: a model with one answers nothing but NaN.
struct FiniteSource: Sendable {
  private enum Kind: Sendable {
    case float(FloatType)
    /// Numbers of packed blocks, a byte each, in elements of `width` bytes.
    case codes(ByteCode, width: Int)
    /// Integers, or what the quantizer looks at.
    case any
  }

  private let kind: Kind

  init(_ tensor: PlannedTensor) {
    if tensor.format != nil {
      kind = .any
    } else if let type = FloatType(tensor.tensor.valueDType) {
      kind = .float(type)
    } else if let code = FiniteSource.code(of: tensor) {
      kind = .codes(code, width: max(1, tensor.tensor.dtype.bits / 8))
    } else {
      kind = .any
    }
  }

  /// The code of a part of a matrix that was quantized before.
  private static func code(of tensor: PlannedTensor) -> ByteCode? {
    guard let mode = (tensor.tensor.packing?.mode).flatMap(QuantizationMode.init(rawValue:)) else { return nil }
    switch tensor.tensor.dtype {
    case .u8: return ByteCode(scalesOf: mode)
    case .u32: return ByteCode(elementsOf: mode)
    default: return nil
    }
  }

  /// - Throws: `QuantizationError.nonFinite` with an index into these bytes.
  func require(_ bytes: UnsafeRawBufferPointer) throws(QuantizationError) {
    switch kind {
    case .any: return
    case .float(let type): try requireFinite(bytes, type)
    case .codes(let code, let width):
      guard let index = code.firstNonFinite(bytes) else { return }
      throw .nonFinite(index: index / width, kind: .nan)
    }
  }
}
