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
    /// Codes of block scales.
    case codes(ScaleCode)
    /// Integers, or what the quantizer looks at.
    case any
  }

  private let kind: Kind

  init(_ tensor: PlannedTensor) {
    if tensor.format != nil {
      kind = .any
    } else if let type = FloatType(tensor.tensor.valueDType) {
      kind = .float(type)
    } else if tensor.tensor.dtype == .u8, tensor.name.utf8.suffix(7).elementsEqual(".scales".utf8) {
      kind = .codes(tensor.tensor.packing?.mode == QuantizationMode.nvfp4.rawValue ? .e4m3 : .e8m0)
    } else {
      kind = .any
    }
  }

  /// - Throws: `QuantizationError.nonFinite` with an index into these bytes.
  func require(_ bytes: UnsafeRawBufferPointer) throws(QuantizationError) {
    switch kind {
    case .any: return
    case .float(let type): try requireFinite(bytes, type)
    case .codes(let code):
      guard let index = code.firstNonFinite(bytes) else { return }
      throw .nonFinite(index: index, kind: .nan)
    }
  }
}
