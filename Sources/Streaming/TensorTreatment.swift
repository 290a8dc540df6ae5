import Checkpoint
import Planning
import Quantization

/// Turns elements of a source tensor into what is written.
struct TensorTreatment {
  let tensor: PlannedTensor
  let type: FloatType?
  /// What encodes rows with error feedback; nil for tensors without.
  let feedback: FeedbackRows?

  init(_ tensor: PlannedTensor, feedback: FeedbackRows? = nil) {
    self.tensor = tensor
    self.feedback = feedback
    type = FloatType(tensor.tensor.valueDType)
  }

  /// Applies the transform in place (`input`, whole groups of the quantizer; a whole tensor for a transform that moves
  /// elements), then the verdict into `outputs`, one buffer a part.
  /// - Returns: the number of scales that had to be clamped.
  /// - Throws: `ConversionError.overflow(tensor:type:index:)` when what is written is infinite.
  func apply(
    input: UnsafeMutableRawBufferPointer, outputs: [UnsafeMutableRawBufferPointer],
    scratch: UnsafeMutableRawBufferPointer
  ) throws -> Int {
    TransformedBytes(tensor.tensor).apply(rows: tensor.rows, input, scratch: scratch)
    switch tensor.verdict {
    case .keep:
      outputs[0].copyMemory(from: UnsafeRawBufferPointer(input))
      return 0
    case .cast(let target):
      if let type { cast(UnsafeRawBufferPointer(input), from: type, into: outputs[0], to: target) }
      try requireFinite(outputs[0], target)
      return 0
    case .quantize(let format):
      guard let type else { return 0 }
      // Without feedback groups are all that counts: where rows end makes no difference to what is written.
      let report =
        try feedback?.encode(tensor, format, type, UnsafeRawBufferPointer(input), outputs)
        ?? Quantizer(format: format, input: type).encode(
          rows: 1, columns: input.count / type.byteWidth, input: UnsafeRawBufferPointer(input), weight: outputs[0],
          scales: outputs[1], biases: outputs.count > 2 ? outputs[2] : nil)
      // The range of a group of numbers near the largest is beyond it.
      if format.mode == .affine { for part in outputs.dropFirst() { try requireFinite(part, type) } }
      // The CPU backend wraps an exponent of -128 to the code of infinity.
      if report.clampedScales > 0, let code = ByteCode(scalesOf: format.mode),
        let index = code.firstNonFinite(UnsafeRawBufferPointer(outputs[1]))
      {
        throw ConversionError.overflow(tensor: tensor.name, type: "a scale of \(format.mode.rawValue)", index: index)
      }
      return report.clampedScales
    }
  }

  /// - Throws: `ConversionError.overflow(tensor:type:index:)`.
  private func requireFinite(_ written: UnsafeMutableRawBufferPointer, _ type: FloatType) throws {
    guard let index = firstNonFinite(UnsafeRawBufferPointer(written), type) else { return }
    throw ConversionError.overflow(tensor: tensor.name, type: type.dtype.rawValue, index: index)
  }

  private func cast(
    _ input: UnsafeRawBufferPointer, from: FloatType, into output: UnsafeMutableRawBufferPointer, to: FloatType
  ) {
    guard from != to else { return output.copyMemory(from: input) }
    let count = input.count / from.byteWidth
    for i in 0..<count {
      let value: Float =
        switch from {
        case .bf16: FloatConversion.fromBF16(input.loadUnaligned(fromByteOffset: 2 * i, as: UInt16.self))
        case .f16: FloatConversion.fromF16(input.loadUnaligned(fromByteOffset: 2 * i, as: UInt16.self))
        case .f32: input.loadUnaligned(fromByteOffset: 4 * i, as: Float.self)
        }
      switch to {
      case .bf16: output.storeBytes(of: FloatConversion.toBF16(value), toByteOffset: 2 * i, as: UInt16.self)
      case .f16: output.storeBytes(of: FloatConversion.toF16(value), toByteOffset: 2 * i, as: UInt16.self)
      case .f32: output.storeBytes(of: value, toByteOffset: 4 * i, as: Float.self)
      }
    }
  }
}
