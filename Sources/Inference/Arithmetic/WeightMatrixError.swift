import Diagnostics

/// What making a weight matrix from stored bytes can refuse.
public enum WeightMatrixError: CambiumError, Equatable {
  /// A weight matrix has a shape that its format cannot have: columns that are no positive multiple of the group, no
  /// rows, or too large.
  case shape(format: String, rows: Int, columns: Int, group: Int)
  /// A weight matrix does not have the bytes that its shape needs.
  case size(buffer: String, expected: Int, found: Int)

  public var diagnostic: Diagnostic {
    switch self {
    case .shape(let format, let rows, let columns, let group):
      Diagnostic(
        "E_MATRIX_SHAPE", "no \(format) matrix has this shape",
        expected: "rows, and columns that are a positive multiple of \(group)", found: "\(rows) × \(columns)",
        next: "the package is damaged or of another format: convert it again", exit: .badInput)
    case .size(let buffer, let expected, let found):
      Diagnostic(
        "E_MATRIX_SIZE", "the \(buffer) of a matrix have the wrong size", expected: "\(expected) bytes",
        found: "\(found) bytes", next: "the package is damaged: convert it again", exit: .badInput)
    }
  }
}
