import Diagnostics

/// What quantizing and dequantizing can refuse.
public enum QuantizationError: CambiumError, Equatable {
  /// MLX has no such combination of mode, bits and group size.
  ///
  /// `expected` lists what it has for the mode.
  case format(asked: String, expected: String)
  /// The last dimension is not a positive multiple of the group size, or the row count is negative or too large.
  case shape(rows: Int, columns: Int, groupSize: Int)
  /// A weight that is to be quantized is NaN or infinite.
  ///
  /// `index` is the row-major index of the first one in the buffer given.
  case nonFinite(index: Int, kind: NonFiniteKind)
  /// An FP8 weight of this shape has not one scale for each block.
  case scaleGrid(shape: [Int], blockRows: Int, blockColumns: Int, found: [Int])
  /// A buffer has the wrong number of bytes, or of elements for the output of the dequantizer.
  case size(buffer: String, expected: Int, found: Int)

  public var diagnostic: Diagnostic {
    switch self {
    case .format(let asked, let expected):
      Diagnostic(
        "E_QUANT_FORMAT", "MLX has no quantization format \(asked)", expected: expected, found: asked,
        next: "choose one of the formats listed", exit: .badInput)
    case .shape(let rows, let columns, let groupSize):
      Diagnostic(
        "E_QUANT_SHAPE", "the tensor cannot be divided into groups of \(groupSize)",
        expected: "a last dimension that is a positive multiple of \(groupSize)", found: "\(rows) × \(columns)",
        next: "choose a smaller group size, or leave this tensor unquantized", exit: .badInput)
    case .nonFinite(let index, let kind):
      Diagnostic(
        "E_QUANT_NONFINITE", "a weight that is to be quantized is not a finite number",
        expected: "finite elements only", found: "\(kind.rawValue) at element \(index)",
        next: "check the source file, or leave this tensor unquantized", exit: .badInput)
    case .scaleGrid(let shape, let blockRows, let blockColumns, let found):
      Diagnostic(
        "E_QUANT_SCALES", "an FP8 weight and its scales do not fit together",
        expected: "a matrix \(Self.text(shape)) with one scale for each block of \(blockRows) × \(blockColumns)",
        found: "scales \(Self.text(found))",
        next: "check that weight and weight_scale_inv belong together, or convert from a bf16 checkpoint",
        exit: .badInput
      )
    case .size(let buffer, let expected, let found):
      .fault(
        "E_QUANT_SIZE", "the \(buffer) buffer has the wrong size", expected: "\(expected)", found: "\(found)")
    }
  }

  private static func text(_ shape: [Int]) -> String { shape.map(String.init).joined(separator: " × ") }
}

/// The values that cannot be quantized.
public enum NonFiniteKind: String, Sendable {
  /// Not a number.
  case nan = "NaN"
  /// Infinity.
  case positiveInfinity = "+Inf"
  /// Minus infinity.
  case negativeInfinity = "-Inf"

  init(_ value: Float) {
    self = value.isNaN ? .nan : (value < 0 ? .negativeInfinity : .positiveInfinity)
  }
}
