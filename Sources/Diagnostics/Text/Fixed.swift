/// Decimal text of constant width, by integer arithmetic, so that no platform's float formatting reaches an output and
/// a report's size is known before its numbers are.
package enum Fixed {
  /// What replaces NaN in a text for people. No document has it: it is no number there.
  package static let notANumber = "not a number"

  /// `d.dddddddd`: ten characters. Values are taken into 0 … 9.99999999.
  package static func eight(_ value: Double) -> String {
    let scaled = (value * 1e8).rounded()
    guard !scaled.isNaN else { return notANumber }
    let clamped = Int(min(max(scaled, 0), 999_999_999))
    let digits = String(clamped)
    let padded = String(repeating: "0", count: 9 - digits.count) + digits
    return padded.prefix(1) + "." + padded.dropFirst()
  }

  /// `d.dddddde9`: ten characters, the exponent 0 … 9. Values below 0 become 0, those too large the largest.
  package static func withExponent(_ value: Double) -> String {
    guard !value.isNaN else { return notANumber }
    guard value < 9.999_999e9 else { return "9.999999e9" }
    var exponent = 0
    var factor = 1e6
    while exponent < 9, (value * factor).rounded() > 9_999_999 {
      exponent += 1
      factor /= 10
    }
    let digits = String(Int((max(value, 0) * factor).rounded()))
    let padded = String(repeating: "0", count: 7 - digits.count) + digits
    return "\(padded.prefix(1)).\(padded.dropFirst())e\(exponent)"
  }

  /// A number with its noun: `1 file`, `2 files`.
  package static func counted(_ count: Int, _ noun: String) -> String { "\(count) \(noun)" + (count == 1 ? "" : "s") }

  /// Bytes for people: `1.23 MB` (decimal units, two places).
  package static func bytes(_ count: Int) -> String {
    let units = ["B", "kB", "MB", "GB", "TB", "PB"]
    var unit = 0
    var divisor = 1
    while count / divisor >= 1000, unit + 1 < units.count {
      divisor *= 1000
      unit += 1
    }
    guard unit > 0 else { return "\(count) B" }
    let hundredths = (Double(count) * 100 / Double(divisor)).rounded()
    let whole = Int(hundredths) / 100
    let rest = Int(hundredths) % 100
    return "\(whole).\(rest < 10 ? "0" : "")\(rest) \(units[unit])"
  }

  /// A decimal with a number of places, by integer arithmetic.
  package static func places(_ value: Double, _ places: Int) -> String {
    var factor = 1
    for _ in 0..<places { factor *= 10 }
    let scaled = (value * Double(factor)).rounded()
    guard !scaled.isNaN else { return notANumber }
    guard scaled.isFinite, abs(scaled) < 9e15 else { return "inf" }
    let whole = Int(abs(scaled))
    let fraction = String(whole % factor)
    let sign = scaled < 0 ? "-" : ""
    guard places > 0 else { return sign + String(whole) }
    return sign + "\(whole / factor)." + String(repeating: "0", count: places - fraction.count) + fraction
  }
}
