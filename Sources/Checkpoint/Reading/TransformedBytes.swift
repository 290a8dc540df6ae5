import Quantization

/// Applies a tensor's transform to its elements, in place.
package struct TransformedBytes: Sendable {
  private let transform: TensorTransform
  private let type: FloatType?
  private let channels: Int
  private let rowElements: Int
  /// Bytes of an element.
  private let width: Int

  /// - Parameter tensor: The tensor whose transform is applied.
  package init(_ tensor: ResolvedTensor) {
    transform = tensor.transform
    type = FloatType(tensor.valueDType)
    channels = transform.movesElements ? tensor.shape[1] : 1
    rowElements = tensor.rowElements
    width = tensor.dtype.bits / 8
  }

  /// - Parameters:
  ///   - rows: rows of a tensor whose elements move; without effect on any other.
  ///   - data: elements in the type of the tensor's values, whole rows of a tensor whose elements move.
  ///   - scratch: room for a row of such a tensor.
  package func apply(rows: Int, _ data: UnsafeMutableRawBufferPointer, scratch: UnsafeMutableRawBufferPointer) {
    switch transform {
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
    let pixels = rowElements / max(1, channels)
    let rowBytes = rowElements * width
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
}
