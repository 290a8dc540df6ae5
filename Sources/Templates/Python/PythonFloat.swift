/// Floats as Python writes them.
enum PythonFloat {
  /// `repr`: the shortest digits that read back as the same number; an exponent below 1e-4 and from 1e16 on.
  static func text(_ value: Double) -> String {
    guard value.isFinite else { return value.isNaN ? "nan" : value < 0 ? "-inf" : "inf" }
    // Swift finds the same digits and only sets the point elsewhere: take digits and exponent apart.
    let parts = value.magnitude.description.lowercased().split(separator: "e")
    let mantissa = parts[0].split(separator: ".", omittingEmptySubsequences: false)
    let fraction = mantissa.count > 1 ? mantissa[1] : ""
    var digits = Array((mantissa[0] + fraction).utf8)
    // The value is 0.digits times ten to the power of this.
    var exponent = mantissa[0].utf8.count + (parts.count > 1 ? Int(parts[1]) ?? 0 : 0)
    while digits.count > 1, digits[0] == zero {
      digits.removeFirst()
      exponent -= 1
    }
    while digits.count > 1, digits[digits.count - 1] == zero { digits.removeLast() }
    let sign = value.sign == .minus ? "-" : ""
    if digits == [zero] { return sign + "0.0" }
    let shown = String(decoding: digits, as: UTF8.self)
    guard exponent > -4, exponent <= 16 else {
      let power = exponent - 1
      let tail = digits.count > 1 ? "." + shown.dropFirst() : ""
      let width = abs(power) < 10 ? "0" : ""
      return "\(sign)\(shown.prefix(1))\(tail)e\(power < 0 ? "-" : "+")\(width)\(abs(power))"
    }
    if exponent <= 0 { return sign + "0." + String(repeating: "0", count: -exponent) + shown }
    if digits.count <= exponent { return sign + shown + String(repeating: "0", count: exponent - digits.count) + ".0" }
    return sign + shown.prefix(exponent) + "." + shown.dropFirst(exponent)
  }
}

private let zero = UInt8(ascii: "0")
