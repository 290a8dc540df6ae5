import CKernels

/// Sums for the error measures between a tensor and its decoded quantization, in f64 with a fixed order of additions:
/// the same sequence of `add` calls gives the same bits on every machine and tier.
///
/// Within one call element i goes to lane i mod 8, lanes are added pairwise, and the result is added to the total.
public struct ErrorAccumulator: Sendable, Equatable {
  /// Σ original · decoded.
  public var dot = 0.0
  /// Σ original².
  public var originalSquares = 0.0
  /// Σ decoded².
  public var decodedSquares = 0.0
  /// Σ (original − decoded)².
  public var differenceSquares = 0.0
  /// max |original − decoded| in f32; NaN once a difference was NaN.
  public var largestDifference: Float = 0

  public init() {}

  /// Adds one block; both buffers must have the same count.
  public mutating func add(original: UnsafeBufferPointer<Float>, decoded: UnsafeBufferPointer<Float>) {
    precondition(original.count == decoded.count, "ErrorAccumulator.add: blocks of different sizes")
    guard let a = original.baseAddress, let b = decoded.baseAddress else { return }
    var sums = (0.0, 0.0, 0.0, 0.0)
    let largest = withUnsafeMutableBytes(of: &sums) { bytes in
      cambium_error_sums(a, b, original.count, bytes.baseAddress?.assumingMemoryBound(to: Double.self))
    }
    dot += sums.0
    originalSquares += sums.1
    decodedSquares += sums.2
    differenceSquares += sums.3
    if largest.isNaN || largest > largestDifference { largestDifference = largest }
  }

  /// Cosine of the angle between the two tensors; 1 when both are all zero, 0 when one of them is.
  public var cosine: Double {
    if originalSquares == 0 && decodedSquares == 0 { return 1 }
    if originalSquares == 0 || decodedSquares == 0 { return 0 }
    return dot / (originalSquares.squareRoot() * decodedSquares.squareRoot())
  }

  /// Root mean square of the difference over that of the original; 0 when there is no difference, infinite when only
  /// the original is all zero.
  public var relativeRMS: Double {
    differenceSquares == 0 ? 0 : (differenceSquares / originalSquares).squareRoot()
  }
}
