import Quantization

/// Tells a quantizer's complaint about NaN or infinity from every other error.
enum NonFinite {
  /// Index of the element in the rows that were given; nil for another error.
  static func index(_ error: any Error) -> Int? {
    guard case QuantizationError.nonFinite(let index, _) = error else { return nil }
    return index
  }
}
