/// The decoder's definition, group by group in plain Swift. The kernels must produce the same bits, and 0x7FC00000 for NaN.
///
/// Buffers must be exactly sized: `Dequantizer` checks, this type does not.
public struct ReferenceDequantizer: Sendable {
  /// The packed form that is decoded.
  public let format: QuantizationFormat
  /// The type of the output, as in ``Dequantizer``.
  public let output: FloatType

  /// - Parameters:
  ///   - format: The packed form.
  ///   - output: The type that values are rounded to, and of affine scales and biases.
  public init(format: QuantizationFormat, output: FloatType) {
    self.format = format
    self.output = output
  }

  /// Decodes `groups` consecutive groups; buffers as in ``Dequantizer``.
  public func decode(
    groups: Int, weight: UnsafeRawBufferPointer, scales: UnsafeRawBufferPointer, biases: UnsafeRawBufferPointer?,
    into: UnsafeMutableBufferPointer<Float>
  ) {
    let size = format.groupSize
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: size) { codes in
      codes.initialize(repeating: 0)
      for group in 0..<groups {
        BitPacking.unpack(weight, at: group * size * format.bits / 8, bits: format.bits, into: codes)
        let scale = scale(scales, group)
        let bias = biases.map { FloatConversion.load($0, group, output) } ?? 0
        for i in 0..<size {
          let value = value(codes[i], scale, bias)
          into[group * size + i] = value.isNaN ? Float(bitPattern: 0x7FC0_0000) : value
        }
      }
    }
  }

  private func value(_ code: UInt8, _ scale: Float, _ bias: Float) -> Float {
    switch format.mode {
    case .affine:
      FloatConversion.rounded(FloatConversion.rounded(Float(code) * scale, to: output) + bias, to: output)
    case .mxfp8: FloatConversion.rounded(E4M3.decode(code) * scale, to: output)
    case .mxfp4, .nvfp4: FloatConversion.rounded(E2M1.values[Int(code)] * scale, to: output)
    }
  }

  /// E8M0: byte b is 2^(b − 127), 255 is infinity; E4M3 for nvfp4; the output type for affine.
  private func scale(_ scales: UnsafeRawBufferPointer, _ group: Int) -> Float {
    switch format.mode {
    case .affine: FloatConversion.load(scales, group, output)
    case .mxfp4, .mxfp8: ScaleExponent.power(Int(scales[group]) - 127)
    case .nvfp4: E4M3.decode(scales[group])
    }
  }
}
