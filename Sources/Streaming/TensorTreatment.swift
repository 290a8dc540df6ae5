import Checkpoint
import Quantization

/// Turns elements of a source tensor into what is written.
struct TensorTreatment {
  let tensor: PlannedTensor
  let type: FloatType?

  init(_ tensor: PlannedTensor) {
    self.tensor = tensor
    type = FloatType(tensor.tensor.valueDType)
  }

  /// Applies the transform in place (`input`, whole groups of the quantizer; a whole tensor for a transform that moves
  /// elements), then the verdict into `outputs`, one buffer a part.
  /// - Returns: the number of scales that had to be clamped.
  func apply(
    input: UnsafeMutableRawBufferPointer, outputs: [UnsafeMutableRawBufferPointer],
    scratch: UnsafeMutableRawBufferPointer
  ) throws -> Int {
    transform(rows: tensor.rows, input, scratch: scratch)
    switch tensor.verdict {
    case .keep:
      outputs[0].copyMemory(from: UnsafeRawBufferPointer(input))
      return 0
    case .cast(let target):
      if let type { cast(UnsafeRawBufferPointer(input), from: type, into: outputs[0], to: target) }
      return 0
    case .quantize(let format):
      guard let type else { return 0 }
      // Groups are all that counts: where rows end makes no difference to what is written.
      let report = try Quantizer(format: format, input: type).encode(
        rows: 1, columns: input.count / type.byteWidth, input: UnsafeRawBufferPointer(input), weight: outputs[0],
        scales: outputs[1], biases: outputs.count > 2 ? outputs[2] : nil)
      return report.clampedScales
    }
  }

  /// The transform alone, in place.
  func transform(rows: Int, _ data: UnsafeMutableRawBufferPointer, scratch: UnsafeMutableRawBufferPointer) {
    switch tensor.tensor.transform {
    case .none, .conv1d: break
    case .addOne: addOne(data)
    case .patchEmbed: channelsLast(rows: rows, data, scratch)
    }
  }

  /// `T(f32(w) + 1)`.
  private func addOne(_ data: UnsafeMutableRawBufferPointer) {
    switch type {
    case .bf16:
      data.withMemoryRebound(to: UInt16.self) { values in
        for i in values.indices { values[i] = FloatConversion.toBF16(FloatConversion.fromBF16(values[i]) + 1) }
      }
    case .f16:
      data.withMemoryRebound(to: UInt16.self) { values in
        for i in values.indices { values[i] = FloatConversion.toF16(FloatConversion.fromF16(values[i]) + 1) }
      }
    case .f32:
      data.withMemoryRebound(to: Float.self) { values in for i in values.indices { values[i] += 1 } }
    case nil: break
    }
  }

  /// `[D, C, T, P, P]` to `[D, T, P, P, C]`, row by row of D.
  private func channelsLast(
    rows: Int, _ data: UnsafeMutableRawBufferPointer, _ scratch: UnsafeMutableRawBufferPointer
  ) {
    let channels = tensor.tensor.shape[1]
    let width = tensor.tensor.dtype.bits / 8
    let pixels = tensor.rowElements / max(1, channels)
    let rowBytes = tensor.rowElements * width
    for row in 0..<rows {
      let bytes = UnsafeMutableRawBufferPointer(rebasing: data[row * rowBytes..<(row + 1) * rowBytes])
      let copy = UnsafeMutableRawBufferPointer(rebasing: scratch[0..<rowBytes])
      copy.copyMemory(from: UnsafeRawBufferPointer(bytes))
      for channel in 0..<channels {
        for pixel in 0..<pixels {
          for byte in 0..<width {
            bytes[(pixel * channels + channel) * width + byte] = copy[(channel * pixels + pixel) * width + byte]
          }
        }
      }
    }
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
