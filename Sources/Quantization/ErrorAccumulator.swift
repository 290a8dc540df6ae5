import CKernels

/// Error measures between a tensor and what its packed form decodes to, from sums in f64 with a fixed order of
/// additions: the same sequence of `add` calls yields the same bits on every machine and tier, and `merge` of parts in
/// order yields the same as the calls one after the other.
///
/// x is the original, y the decoded element, d = x − y rounded to f32. Products of two f32 numbers are exact in f64.
/// Within one call element i goes to lane i mod 16, lanes are added pairwise (16, 8, 4, 2, 1), and the result is added
/// to the total. So a tensor that is measured in parts needs the same parts every time, whichever thread takes which.
public struct ErrorAccumulator: Sendable, Equatable {
  /// Elements added so far.
  public internal(set) var elements = 0
  /// Groups added so far by ``add(format:input:rows:columns:source:weight:scales:biases:)``.
  public internal(set) var groups = 0
  /// Σ x · y.
  public internal(set) var dot = 0.0
  /// Σ x².
  public internal(set) var originalSquares = 0.0
  /// Σ y².
  public internal(set) var decodedSquares = 0.0
  /// Σ d².
  public internal(set) var differenceSquares = 0.0
  /// max |d|; NaN once a d was NaN.
  public internal(set) var largestDifference: Float = 0
  /// Row-major index of the first element that has it; nil while all d are 0.
  public internal(set) var largestDifferenceIndex: Int?
  /// max |x|.
  public internal(set) var largestOriginal: Float = 0
  /// Elements beyond what the packed form reaches: in the mx modes and nvfp4 |x| above 6 (mxfp8: 448) times a stored
  /// scale that is not 0; in affine x more than half a step outside the range from code 0 to code 2^bits − 1.
  public internal(set) var clippedElements = 0
  /// Groups with a clipped element.
  public internal(set) var clippedGroups = 0
  /// Groups that decode to nothing but zeros although x is not all zero.
  public internal(set) var zeroedGroups = 0

  /// A sum of nothing.
  public init() {}

  /// Adds one block of elements; both buffers must have the same count. Nothing is told of groups.
  public mutating func add(original: UnsafeBufferPointer<Float>, decoded: UnsafeBufferPointer<Float>) {
    precondition(original.count == decoded.count, "ErrorAccumulator.add: blocks of different sizes")
    guard let a = original.baseAddress, let b = decoded.baseAddress else { return }
    var sums = cambium_error_sums()
    cambium_compare(a, b, original.count, &sums)
    merge(ErrorAccumulator(sums, elements: original.count, groups: 0))
  }

  /// Decodes a block of rows and adds it, in one pass over the source and the packed form.
  ///
  /// - Parameters:
  ///   - format: of the packed form.
  ///   - input: type of `source`, and of affine scales and biases. The other modes decode to bf16, as MLX does whatever
  ///     the weight was.
  ///   - rows: of the block; at least 0.
  ///   - columns: a positive multiple of the group size.
  ///   - source: rows × columns elements, little-endian.
  ///   - weight: as `Quantizer` writes it, like `scales` and `biases`.
  ///   - scales: rows × groups.
  ///   - biases: rows × groups for affine, nil for the other modes.
  /// - Throws: `QuantizationError` `.shape` or `.size`.
  public mutating func add(
    format: QuantizationFormat, input: FloatType, rows: Int, columns: Int, source: UnsafeRawBufferPointer,
    weight: UnsafeRawBufferPointer, scales: UnsafeRawBufferPointer, biases: UnsafeRawBufferPointer?
  ) throws(QuantizationError) {
    let layout = try Layout(format: format, rows: rows, columns: columns)
    try Layout.check("source", source.count, layout.elements * input.byteWidth)
    try layout.checkPacked(format, input, weight, scales, biases)
    var packed = format.kernelFormat(rounding: format.mode == .affine ? input : .bf16)
    var sums = cambium_error_sums()
    cambium_measure(
      &packed, layout.groups, source.baseAddress, input.kernelType,
      weight.baseAddress?.assumingMemoryBound(to: UInt8.self), scales.baseAddress, biases?.baseAddress, &sums)
    merge(ErrorAccumulator(sums, elements: layout.elements, groups: layout.groups))
  }

  /// Adds what another accumulator has of the elements that follow.
  public mutating func merge(_ next: ErrorAccumulator) {
    // Magnitudes order like their bits, with NaN above infinity.
    if next.largestDifference.bitPattern > largestDifference.bitPattern {
      largestDifference = next.largestDifference
      largestDifferenceIndex = next.largestDifferenceIndex.map { $0 + elements }
    }
    elements += next.elements
    groups += next.groups
    dot += next.dot
    originalSquares += next.originalSquares
    decodedSquares += next.decodedSquares
    differenceSquares += next.differenceSquares
    largestOriginal = max(largestOriginal, next.largestOriginal)
    clippedElements += next.clippedElements
    clippedGroups += next.clippedGroups
    zeroedGroups += next.zeroedGroups
  }

  private init(_ sums: cambium_error_sums, elements: Int, groups: Int) {
    self.elements = elements
    self.groups = groups
    dot = sums.dot
    originalSquares = sums.original_squares
    decodedSquares = sums.decoded_squares
    differenceSquares = sums.difference_squares
    largestDifference = sums.largest_difference
    largestDifferenceIndex = sums.largest_difference == 0 ? nil : Int(sums.largest_index)
    largestOriginal = sums.largest_original
    clippedElements = Int(sums.clipped)
    clippedGroups = Int(sums.clipped_groups)
    zeroedGroups = Int(sums.zeroed_groups)
  }
}
