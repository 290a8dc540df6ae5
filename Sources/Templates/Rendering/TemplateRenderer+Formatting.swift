import Foundation

// One value in a format: `format(value, spec)` of Python.
extension TemplateRenderer {
  func formatted(_ value: TemplateValue, _ spec: PythonFormatSpec) throws -> String {
    try budget.spend(4 * (spec.width + (spec.precision ?? 0)))
    if case .string(let text) = value { return try formatted(text.string, spec) }
    let isNumberType = spec.type.map { "bcdeEfFgGnoxX%".contains($0) } ?? false
    if case .bool = value, !isNumberType { return try formatted(value.text(budget), spec) }
    if let integer = value.integer {
      if let type = spec.type, "eEfFgG%".contains(type) { return try formatted(Double(integer), spec) }
      return try formatted(integer, spec)
    }
    if case .float(let number) = value { return try formatted(number, spec) }
    if case .wideInteger = value { throw TemplateFailure(.unsupported, "an integer of more than 64 bits") }
    guard spec.width == 0, spec.type == nil, spec.precision == nil, spec.align == nil else {
      throw TemplateFailure(.value, expected: "a string or number to format", value.typeName)
    }
    return try value.text(budget)
  }

  private func formatted(_ text: String, _ spec: PythonFormatSpec) throws -> String {
    guard spec.type == nil || spec.type == "s", spec.sign.isEmpty, spec.grouping.isEmpty, spec.align != .behindSign,
      !spec.isAlternate
    else {
      throw TemplateFailure(.value, expected: "a format for a string", "one for a number")
    }
    let shown = spec.precision.map { String(text.unicodeScalars.prefix($0)) } ?? text
    try budget.spend(shown.utf8.count)
    return spec.padded(shown, .left)
  }

  private func formatted(_ integer: Int, _ spec: PythonFormatSpec) throws -> String {
    guard spec.precision == nil else {
      throw TemplateFailure(.value, expected: "a format for an integer", "one with a precision")
    }
    let bases: [Character: (radix: Int, prefix: String)] = [
      "d": (10, ""), "b": (2, "0b"), "o": (8, "0o"), "x": (16, "0x"), "X": (16, "0X"),
    ]
    guard let (radix, prefix) = bases[spec.type ?? "d"] else {
      throw TemplateFailure(.unsupported, "the format \(spec.type.map(String.init) ?? "") of an integer")
    }
    let digits = String(integer.magnitude, radix: radix, uppercase: spec.type == "X")
    let grouped = PythonFormatSpec.grouped(digits, by: radix == 10 ? 3 : 4, spec.grouping)
    if !spec.grouping.isEmpty, spec.fill == "0" {
      throw TemplateFailure(.unsupported, "a format with groups and zeros")
    }
    let sign = (integer < 0 ? "-" : spec.sign) + (spec.isAlternate ? prefix : "")
    return spec.padded(grouped, prefix: sign, .right)
  }

  private func formatted(_ number: Double, _ spec: PythonFormatSpec) throws -> String {
    let type = spec.type ?? "r"
    var shown: String
    switch type {
    case "r" where spec.precision == nil: shown = PythonFloat.text(number.magnitude)
    case "e", "E", "f", "F", "g", "G":
      shown = String(format: "%.\(spec.precision ?? 6)\(type)", number.magnitude)
    case "%": shown = String(format: "%.\(spec.precision ?? 6)f", number.magnitude * 100) + "%"
    default:
      throw TemplateFailure(.unsupported, "the format \(type == "r" ? "without a type" : String(type)) of a float")
    }
    guard !spec.isAlternate else { throw TemplateFailure(.unsupported, "the alternate format of a float") }
    shown = PythonFormatSpec.grouped(shown, by: 3, spec.grouping)
    if !spec.grouping.isEmpty, spec.fill == "0" {
      throw TemplateFailure(.unsupported, "a format with groups and zeros")
    }
    return spec.padded(shown, prefix: number.sign == .minus && !number.isNaN ? "-" : spec.sign, .right)
  }
}
