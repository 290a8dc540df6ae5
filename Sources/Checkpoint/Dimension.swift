/// Dimension expressions of the architecture tables: sums of products of symbols and integers, such as `2*Nq*D`.
public enum Dimension {
  /// The value of an expression.
  /// - Throws: ``CheckpointError/config(file:field:expected:found:)`` when it overflows.
  public static func evaluate(_ expression: String, _ symbols: [String: Int], file: String) throws -> Int {
    var sum = 0
    for term in expression.split(separator: "+") {
      var product = 1
      for factor in term.split(separator: "*") {
        let value = Int(factor) ?? symbols[String(factor)] ?? 0
        let (result, overflow) = product.multipliedReportingOverflow(by: value)
        guard !overflow else { throw overflowError(expression, file) }
        product = result
      }
      let (result, overflow) = sum.addingReportingOverflow(product)
      guard !overflow else { throw overflowError(expression, file) }
      sum = result
    }
    return sum
  }

  private static func overflowError(_ expression: String, _ file: String) -> CheckpointError {
    .config(file: file, field: "dimensions", expected: "\(expression) below 2^63", found: "an overflow")
  }
}
