/// Integers by their spelling, so that `1.0`, `1e3` and `-0` are never taken for one.
public enum JSONInteger {
  /// The value of a spelling of the form `0|[1-9][0-9]*`, or nil for another form or a value above `Int.max`.
  public static func natural(_ spelling: some StringProtocol) -> Int? {
    let digits = spelling.utf8
    guard let first = digits.first else { return nil }
    if first == UInt8(ascii: "0") { return digits.count == 1 ? 0 : nil }
    var value = 0
    for byte in digits {
      guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
      let (product, overflow) = value.multipliedReportingOverflow(by: 10)
      let (sum, carry) = product.addingReportingOverflow(Int(byte - UInt8(ascii: "0")))
      guard !overflow, !carry else { return nil }
      value = sum
    }
    return value
  }

  /// The value of a spelling of the form `0|-?[1-9][0-9]*`, or nil for another form or a value that no `Int` holds.
  public static func exact(_ spelling: String) -> Int? {
    guard spelling.utf8.first == UInt8(ascii: "-") else { return natural(spelling) }
    // Parsed as text by the standard library because -2^63 has no positive counterpart.
    let digits = spelling.utf8.dropFirst()
    guard let first = digits.first, first >= UInt8(ascii: "1"), first <= UInt8(ascii: "9"),
      digits.allSatisfy({ $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") })
    else { return nil }
    return Int(spelling)
  }
}
