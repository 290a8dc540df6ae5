// `%` of strings.
extension TemplateRenderer {
  /// A text with its `%` fields filled by one value, the elements of a tuple, or the members of a mapping.
  func formatted(_ text: TemplateText, _ value: TemplateValue) throws -> TemplateText {
    guard !text.isSafe else { throw TemplateFailure(.unsupported, "% of safe text") }
    try budget.spend(text.string.utf8.count)
    var values = PercentValues(value)
    var out = ""
    var rest = Array(text.string.unicodeScalars)[...]
    while let percent = rest.firstIndex(of: "%") {
      out.unicodeScalars.append(contentsOf: rest[..<percent])
      rest = rest[(percent + 1)...]
      if rest.first == "%" {
        out += "%"
        rest = rest.dropFirst()
        continue
      }
      out += try field(&rest, &values)
      try budget.checkSize(out.utf8.count)
    }
    out.unicodeScalars.append(contentsOf: rest)
    guard values.isUsed else { throw TemplateFailure(.value, expected: "a field for every value", "fewer fields") }
    return TemplateText(out)
  }

  private func field(_ rest: inout ArraySlice<Unicode.Scalar>, _ values: inout PercentValues) throws -> String {
    var key: String?
    if rest.first == "(" {
      guard let end = rest.firstIndex(of: ")") else { throw Self.malformed }
      key = String(String.UnicodeScalarView(rest[(rest.startIndex + 1)..<end]))
      rest = rest[(end + 1)...]
    }
    var spec = PythonFormatSpec()
    spec.align = .right
    var fillsWithZeros = false
    while let flag = rest.first, "-+ 0#".unicodeScalars.contains(flag) {
      switch flag {
      case "-": spec.align = .left
      case "+": spec.sign = "+"
      case " ": if spec.sign.isEmpty { spec.sign = " " }
      case "0": fillsWithZeros = true
      default: spec.isAlternate = true
      }
      rest = rest.dropFirst()
    }
    if rest.first == "*" { throw TemplateFailure(.unsupported, "% with a width of its own (*)") }
    spec.width = PythonFormatSpec.number(&rest) ?? 0
    if rest.first == "." {
      rest = rest.dropFirst()
      if rest.first == "*" { throw TemplateFailure(.unsupported, "% with a precision of its own (*)") }
      spec.precision = PythonFormatSpec.number(&rest) ?? 0
    }
    guard spec.width <= 1 << 20, (spec.precision ?? 0) <= 1 << 10 else {
      throw TemplateFailure(.limit, expected: "a smaller width in a format", "\(spec.width)")
    }
    while let size = rest.first, "hlL".unicodeScalars.contains(size) { rest = rest.dropFirst() }
    guard let type = rest.popFirst() else { throw Self.malformed }
    if fillsWithZeros, spec.align != .left, !"src".unicodeScalars.contains(type) {
      spec.fill = "0"
      spec.align = .behindSign
    }
    return try shown(values.take(key), Character(type), spec)
  }

  private func shown(_ value: TemplateValue, _ type: Character, _ given: PythonFormatSpec) throws -> String {
    var spec = given
    switch type {
    case "s", "r":
      let text = type == "s" ? try value.text(budget) : try value.representation(budget)
      (spec.sign, spec.isAlternate, spec.type) = ("", false, nil)
      return try formatted(.string(text), spec)
    case "c":
      guard spec.width == 0 else { throw TemplateFailure(.unsupported, "%c with a width") }
      if case .string(let text) = value, text.string.unicodeScalars.count == 1 { return text.string }
      guard let code = value.integer.flatMap(UInt32.init(exactly:)), let scalar = Unicode.Scalar(code) else {
        throw TemplateFailure(.value, expected: "a character for %c", value.typeName)
      }
      return String(scalar)
    case "d", "i", "u", "x", "X", "o":
      guard spec.precision == nil, !spec.isAlternate else {
        throw TemplateFailure(.unsupported, "%\(type) with a precision or prefix")
      }
      spec.type = "iu".contains(type) ? "d" : type
      if let integer = value.integer { return try formatted(.integer(integer), spec) }
      guard case .float(let number) = value, spec.type == "d", let whole = Int(exactly: number.rounded(.towardZero))
      else {
        throw TemplateFailure(.value, expected: "an integer for %\(type)", value.typeName)
      }
      return try formatted(.integer(whole), spec)
    case "e", "E", "f", "F", "g", "G":
      guard let number = value.number else {
        throw TemplateFailure(.value, expected: "a number for %\(type)", value.typeName)
      }
      spec.type = type
      return try formatted(.float(number), spec)
    case "a": throw TemplateFailure(.unsupported, "%a")
    default: throw Self.malformed
    }
  }

  private static let malformed = TemplateFailure(.value, expected: "a whole field behind %", "something else")
}

/// What `%` fills its fields with.
private struct PercentValues {
  private let elements: [TemplateValue]
  private let members: TemplateMapping?
  private var next = 0
  /// Whether values may be left over, as those of a list or mapping may.
  private let isOptional: Bool

  init(_ value: TemplateValue) {
    members = if case .mapping(let mapping) = value { mapping } else { nil }
    if case .tuple(let list) = value { elements = list.elements } else { elements = [value] }
    isOptional = if case .list = value { true } else { members != nil }
  }

  var isUsed: Bool { isOptional || next >= elements.count }

  mutating func take(_ key: String?) throws -> TemplateValue {
    if let key {
      guard let members else { throw TemplateFailure(.value, expected: "a mapping for %(\(key.prefix(40)))", "none") }
      guard let value = members[key] else { throw TemplateFailure(.value, expected: "a key \(key.prefix(40))", "none") }
      return value
    }
    guard next < elements.count else { throw TemplateFailure(.value, expected: "a value for every field", "fewer") }
    defer { next += 1 }
    return elements[next]
  }
}
