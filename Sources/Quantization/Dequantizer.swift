import CKernels

/// Decodes MLX's packed form to the values that `mx.dequantize` returns (number-format page, dequantization).
public struct Dequantizer: Sendable {
  /// The packed form that is decoded.
  public let format: QuantizationFormat
  /// The type to which values are rounded. For affine it is also the storage type of scales and biases; for the other
  /// modes MLX's default is bf16 whatever the weight was.
  public let output: FloatType

  /// - Parameters:
  ///   - format: The packed form.
  ///   - output: The type that values are rounded to, and of affine scales and biases.
  public init(format: QuantizationFormat, output: FloatType) {
    self.format = format
    self.output = output
  }

  /// Decodes one matrix.
  ///
  /// affine: T(T(code · scale) + bias), two roundings; the other modes: T(element · scale), one rounding. Kernels that
  /// return what ``ReferenceDequantizer`` returns.
  ///
  /// - Parameters:
  ///   - rows: at least 0.
  ///   - columns: a positive multiple of the group size.
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
    try layout.checkPacked(format, output, weight, scales, biases)
    try Layout.check("output", into.count, layout.elements)
    var packed = format.kernelFormat(rounding: output)
    cambium_decode(
      &packed, layout.groups, weight.baseAddress?.assumingMemoryBound(to: UInt8.self), scales.baseAddress,
      biases?.baseAddress, into.baseAddress)
  }
}
