/// Decodes MLX's packed form to the values that `mx.dequantize` gives (number-format page, dequantization).
public struct Dequantizer: Sendable {
  public let format: QuantizationFormat
  /// The type to which values are rounded. For affine it is also the storage type of scales and biases; for the other
  /// modes MLX's default is bf16 whatever the weight was.
  public let output: FloatType

  public init(format: QuantizationFormat, output: FloatType) {
    self.format = format
    self.output = output
  }

  /// Decodes one matrix.
  ///
  /// affine: T(T(code · scale) + bias), two roundings; the other modes: T(element · scale), one rounding.
  ///
  /// - Parameters:
  ///   - weight: rows × packedWords 32-bit words.
  ///   - scales: rows × groups.
  ///   - biases: rows × groups for affine, nil for the other modes.
  ///   - into: rows × columns values, each representable in `output`.
  /// - Throws: `QuantizationError` `.shape` or `.size`.
  public func decode(
    rows: Int, columns: Int, weight: UnsafeRawBufferPointer, scales: UnsafeRawBufferPointer,
    biases: UnsafeRawBufferPointer?, into: UnsafeMutableBufferPointer<Float>
  ) throws(QuantizationError) {
    let layout = try Layout(format: format, rows: rows, columns: columns)
    let scaleWidth = format.scaleByteWidth(input: output)
    try Layout.check("weight", weight.count, layout.weightBytes(format))
    try Layout.check("scales", scales.count, layout.groups * scaleWidth)
    try Layout.check("biases", biases?.count ?? 0, format.hasBiases ? layout.groups * scaleWidth : 0)
    try Layout.check("output", into.count, layout.elements)
    let size = format.groupSize
    let elements = elementValues()
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: size) { codes in
      codes.initialize(repeating: 0)
      for group in 0..<layout.groups {
        BitPacking.unpack(weight, at: group * size * format.bits / 8, bits: format.bits, into: codes)
        let target = UnsafeMutableBufferPointer(rebasing: into[group * size..<(group + 1) * size])
        let scale = scale(scales, group)
        let bias = biases.map { FloatConversion.load($0, group, output) } ?? 0
        decodeGroup(codes, elements, scale, bias, target)
      }
    }
  }

  private func decodeGroup(
    _ codes: UnsafeMutableBufferPointer<UInt8>, _ elements: [Float], _ scale: Float, _ bias: Float,
    _ target: UnsafeMutableBufferPointer<Float>
  ) {
    if format.mode == .affine {
      for i in codes.indices {
        let product = FloatConversion.rounded(Float(codes[i]) * scale, to: output)
        target[i] = FloatConversion.rounded(product + bias, to: output)
      }
    } else {
      for i in codes.indices { target[i] = FloatConversion.rounded(elements[Int(codes[i])] * scale, to: output) }
    }
  }

  private func elementValues() -> [Float] {
    switch format.mode {
    case .affine: []
    case .mxfp8: (0...255).map { E4M3.decode(UInt8($0)) }
    case .mxfp4, .nvfp4: E2M1.values
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
