import Checkpoint
import Quantization

/// Turns rows of a source tensor into rows of what is written. Used by quantization, and again by verification.
struct TensorTreatment {
  let tensor: PlannedTensor
  let type: FloatType?

  init(_ tensor: PlannedTensor) {
    self.tensor = tensor
    type = FloatType(tensor.tensor.dtype)
  }

  /// Bytes of one row in each part.
  var rowBytes: [Int] { tensor.parts.map { tensor.rows == 0 ? 0 : $0.bytes / tensor.rows } }

  /// Applies the transform in place (`input`, whole rows), then the verdict into `outputs`, one buffer a part.
  /// - Returns: the number of scales that had to be clamped.
  func apply(
    rows: Int, input: UnsafeMutableRawBufferPointer, outputs: [UnsafeMutableRawBufferPointer],
    scratch: UnsafeMutableRawBufferPointer
  ) throws -> Int {
    transform(rows: rows, input, scratch: scratch)
    switch tensor.verdict {
    case .keep:
      outputs[0].copyMemory(from: UnsafeRawBufferPointer(input))
      return 0
    case .cast(let target):
      if let type { cast(UnsafeRawBufferPointer(input), from: type, into: outputs[0], to: target) }
      return 0
    case .quantize(let format):
      guard let type else { return 0 }
      let report = try Quantizer(format: format, input: type).encode(
        rows: rows, columns: tensor.rowElements, input: UnsafeRawBufferPointer(input), weight: outputs[0],
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

/// The buffers of one worker, allocated once.
final class Scratch: @unchecked Sendable {
  let source: UnsafeMutableRawBufferPointer
  let output: UnsafeMutableRawBufferPointer
  let spare: UnsafeMutableRawBufferPointer

  /// Each worker uses only its own, which is why sharing the list of them between threads is safe.
  init(_ memory: MemoryPlan, spareBytes: Int) {
    source = .allocate(byteCount: max(64, memory.sourceBytes), alignment: 64)
    output = .allocate(byteCount: max(64, memory.outputBytes + 3 * 64), alignment: 64)
    spare = .allocate(byteCount: max(64, spareBytes), alignment: 64)
  }

  deinit {
    source.deallocate()
    output.deallocate()
    spare.deallocate()
  }

  /// The output buffer, divided for a unit's parts, each at a multiple of 64 bytes.
  func outputs(_ sizes: [Int]) -> [UnsafeMutableRawBufferPointer] {
    var at = 0
    return sizes.map { size in
      defer { at = (at + size + 63) / 64 * 64 }
      return UnsafeMutableRawBufferPointer(rebasing: output[at..<at + size])
    }
  }
}
