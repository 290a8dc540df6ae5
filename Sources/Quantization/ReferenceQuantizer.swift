/// The quantizer's definition: MLX's arithmetic group by group in plain Swift, for every format and type,
/// then the search of scales where the format asks for it (`ReferenceSearch`).
///
/// All arithmetic is f32, each operation rounded once; T(x) is rounding to the weight's type. The kernels must produce
/// the same bytes. Input must be finite and buffers exactly sized: `Quantizer` checks both, this type does not.
public struct ReferenceQuantizer: Sendable {
  /// The packed form that is written.
  public let format: QuantizationFormat
  /// The type of the weights, and of affine scales and biases.
  public let input: FloatType

  /// - Parameters:
  ///   - format: The packed form.
  ///   - input: The type of the weights.
  public init(format: QuantizationFormat, input: FloatType) {
    self.format = format
    self.input = input
  }

  /// Encodes `groups` consecutive groups.
  ///
  /// - Parameters:
  ///   - groups: how many groups.
  ///   - buffer: groups · groupSize elements of the input type, little-endian.
  ///   - weight: groups · groupSize · bits / 8 bytes.
  ///   - scales: groups scales; affine in the input type, the other modes one byte each.
  ///   - biases: affine only, like `scales`.
  /// - Returns: how many E8M0 scales were outside −127 … 127 (clamped for Metal, wrapped for the CPU backend).
  public func encode(
    groups: Int, input buffer: UnsafeRawBufferPointer, weight: UnsafeMutableRawBufferPointer,
    scales: UnsafeMutableRawBufferPointer, biases: UnsafeMutableRawBufferPointer?
  ) -> Int {
    let size = format.groupSize
    var clamped = 0
    withUnsafeTemporaryAllocation(of: Float.self, capacity: size) { values in
      withUnsafeTemporaryAllocation(of: UInt8.self, capacity: size) { codes in
        values.initialize(repeating: 0)
        codes.initialize(repeating: 0)
        for group in 0..<groups {
          for i in 0..<size { values[i] = FloatConversion.load(buffer, group * size + i, self.input) }
          let elements = UnsafeBufferPointer(values)
          switch format.mode {
          case .affine:
            let (scale, bias) = affineGroup(elements, codes)
            FloatConversion.store(scale, scales, group, self.input)
            if let biases { FloatConversion.store(bias, biases, group, self.input) }
          case .mxfp4, .mxfp8:
            let (byte, outside) = mxGroup(elements, codes)
            scales[group] = byte
            clamped += outside ? 1 : 0
          case .nvfp4:
            scales[group] = nvfp4Group(elements, codes)
          }
          BitPacking.pack(
            UnsafeBufferPointer(codes), bits: format.bits, into: weight, at: group * size * format.bits / 8)
          if format.scales != .mlx {
            ReferenceSearch(format: format, input: self.input).improve(
              elements, group: group, weight: weight, scales: scales, biases: biases, codes: codes)
          }
        }
      }
    }
    return clamped
  }
}
