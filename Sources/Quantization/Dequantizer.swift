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
    if let exact = exactScales {
      decodeExactly(layout, weight, scales, exact, into)
      return
    }
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

  /// For the float modes in bf16 or wider: by scale byte, whether every element times the scale is a value of the
  /// output type, so that rounding changes nothing. E2M1 has 2 significant bits, which bf16 holds down to its smallest
  /// sub-normal; E4M3 has 4 and a smallest value of 2^-9, whose products leave bf16 under the smallest scales.
  private var exactScales: [Bool]? {
    guard format.mode != .affine, output != .f16 else { return nil }
    return (0...255).map { format.mode != .mxfp8 || (10...245).contains($0) }
  }

  /// Decodes codes of 4 or 8 bits without unpacking them first; a group whose scale is not exact is rounded after.
  private func decodeExactly(
    _ layout: Layout, _ weight: UnsafeRawBufferPointer, _ scales: UnsafeRawBufferPointer, _ exact: [Bool],
    _ target: UnsafeMutableBufferPointer<Float>
  ) {
    let size = format.groupSize
    let elements = elementValues()
    elements.withUnsafeBufferPointer { values in
      for group in 0..<layout.groups {
        let scale = scale(scales, group)
        let first = group * size
        if format.bits == 8 {
          for i in 0..<size { target[first + i] = values[Int(weight[first + i])] * scale }
        } else {
          for i in 0..<size / 2 {
            let pair = weight[first / 2 + i]
            target[first + 2 * i] = values[Int(pair & 15)] * scale
            target[first + 2 * i + 1] = values[Int(pair >> 4)] * scale
          }
        }
        if !exact[Int(scales[group])] {
          for i in first..<first + size { target[i] = FloatConversion.rounded(target[i], to: output) }
        }
      }
    }
  }
}
