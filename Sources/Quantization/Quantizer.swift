import CKernels

/// What encoding one tensor had to do besides.
public struct EncodeReport: Sendable, Equatable {
  /// Groups whose E8M0 scale was outside −127 … 127: the Metal reference clamps it, the CPU reference wraps it as
  /// MLX does (such a model decodes to enormous numbers).
  public var clampedScales: Int

  /// - Parameter clampedScales: How many scales were outside their range.
  public init(clampedScales: Int = 0) {
    self.clampedScales = clampedScales
  }
}

/// Encodes weights to MLX's packed form, with exactly the bytes of the chosen reference.
///
/// Kernels that produce the bytes of ``ReferenceQuantizer``, for every format and type.
public struct Quantizer: Sendable {
  /// The packed form that is written.
  public let format: QuantizationFormat
  /// Type of the weights, and of affine scales and biases.
  public let input: FloatType

  /// - Parameters:
  ///   - format: The packed form.
  ///   - input: The type of the weights, and of affine scales and biases.
  public init(format: QuantizationFormat, input: FloatType) {
    self.format = format
    self.input = input
  }

  /// Encodes one matrix. Leading dimensions fold into `rows`: a stack of experts yields the same bytes as its parts.
  ///
  /// - Parameters:
  ///   - rows: zero or more.
  ///   - columns: a positive multiple of the group size.
  ///   - input: rows × columns elements, row-major, little-endian.
  ///   - weight: rows × packedWords little-endian 32-bit words.
  ///   - scales: rows × groups scales; affine in the input type, the mx modes E8M0 bytes, nvfp4 E4M3 bytes.
  ///   - biases: rows × groups in the input type for affine, nil for the other modes.
  /// - Throws: `QuantizationError` `.shape`, `.size`, or `.nonFinite` with the row-major index of the first NaN or
  ///   infinity; what is in the output buffers then has no meaning.
  public func encode(
    rows: Int, columns: Int, input: UnsafeRawBufferPointer, weight: UnsafeMutableRawBufferPointer,
    scales: UnsafeMutableRawBufferPointer, biases: UnsafeMutableRawBufferPointer?
  ) throws(QuantizationError) -> EncodeReport {
    let layout = try Layout(format: format, rows: rows, columns: columns)
    let scaleWidth = format.scaleByteWidth(input: self.input)
    try Layout.check("input", input.count, layout.elements * self.input.byteWidth)
    try Layout.check("weight", weight.count, layout.weightBytes(format))
    try Layout.check("scales", scales.count, layout.groups * scaleWidth)
    try Layout.check("biases", biases?.count ?? 0, format.hasBiases ? layout.groups * scaleWidth : 0)
    // Blocks that stay in the cache between the check and the encoding.
    let blockGroups = 65_536 / (format.groupSize * self.input.byteWidth)
    let groupBytes = format.groupSize * format.bits / 8
    var report = EncodeReport()
    for first in stride(from: 0, to: layout.groups, by: blockGroups) {
      let count = min(blockGroups, layout.groups - first)
      let block = Self.part(input, first, count, format.groupSize * self.input.byteWidth)
      if !kernelChecks { try requireFinite(block, before: first * format.groupSize) }
      let clamped = encodeBlock(
        groups: count, block, Self.part(weight, first, count, groupBytes),
        Self.part(scales, first, count, scaleWidth), biases.map { Self.part($0, first, count, scaleWidth) })
      if clamped < 0 { try requireFinite(block, before: first * format.groupSize) }
      if format.scales != .mlx {
        var packed = format.kernelFormat(rounding: self.input)
        cambium_search_scales(
          &packed, count, block.baseAddress,
          Self.part(weight, first, count, groupBytes).baseAddress?.assumingMemoryBound(to: UInt8.self),
          Self.part(scales, first, count, scaleWidth).baseAddress,
          biases.flatMap { Self.part($0, first, count, scaleWidth).baseAddress })
      }
      report.clampedScales += clamped
    }
    return report
  }

  /// The mx kernel finds non-finite elements on its way; the others need a look before.
  private var kernelChecks: Bool { format.mode == .mxfp4 || format.mode == .mxfp8 }

  private func requireFinite(_ block: UnsafeRawBufferPointer, before: Int) throws(QuantizationError) {
    guard let index = firstNonFinite(block, input) else { return }
    throw .nonFinite(index: before + index, kind: NonFiniteKind(FloatConversion.load(block, index, input)))
  }

  /// Returns how many scales were outside E8M0; -1 when the kernel has met an element that is not finite.
  private func encodeBlock(
    groups: Int, _ block: UnsafeRawBufferPointer, _ weight: UnsafeMutableRawBufferPointer,
    _ scales: UnsafeMutableRawBufferPointer, _ biases: UnsafeMutableRawBufferPointer?
  ) -> Int {
    let cpu: Int32 = format.reference == .cpu ? 1 : 0
    let codes = weight.baseAddress?.assumingMemoryBound(to: UInt8.self)
    let scaleBytes = scales.baseAddress?.assumingMemoryBound(to: UInt8.self)
    switch format.mode {
    case .affine:
      cambium_encode_affine(
        block.baseAddress, input.kernelType, Int32(format.bits), format.groupSize, cpu, groups, codes,
        scales.baseAddress, biases?.baseAddress)
      return 0
    case .nvfp4:
      cambium_encode_nvfp4(block.baseAddress, input.kernelType, cpu, groups, codes, scaleBytes)
      return 0
    case .mxfp4, .mxfp8:
      let steps = LogarithmSteps.steps(for: input)
      return steps.fractions.withUnsafeBufferPointer { fractions in
        var mx = cambium_mx_format(
          type: input.kernelType, bits: Int32(format.bits), cpu: cpu,
          steps: format.scaleRule == .round ? fractions.baseAddress : nil, step_count: Int32(fractions.count),
          first_exponent: Int32(steps.firstExponent))
        return cambium_encode_mx(block.baseAddress, &mx, groups, codes, scaleBytes)
      }
    }
  }

  private static func part(_ buffer: UnsafeRawBufferPointer, _ first: Int, _ count: Int, _ width: Int)
    -> UnsafeRawBufferPointer
  {
    UnsafeRawBufferPointer(rebasing: buffer[first * width..<(first + count) * width])
  }

  private static func part(_ buffer: UnsafeMutableRawBufferPointer, _ first: Int, _ count: Int, _ width: Int)
    -> UnsafeMutableRawBufferPointer
  {
    UnsafeMutableRawBufferPointer(rebasing: buffer[first * width..<(first + count) * width])
  }
}
