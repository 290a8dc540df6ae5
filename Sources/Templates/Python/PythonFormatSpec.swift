/// What follows the colon of a replacement field (`>5`, `05d`, `,.2f`), and between `%` and a type.
struct PythonFormatSpec {
  enum Align: Character { case left = "<", right = ">", center = "^", behindSign = "=" }

  var fill: Unicode.Scalar = " "
  var align: Align?
  /// `+` or a space: what is written before numbers that are not negative.
  var sign = ""
  /// Whether numbers of another base begin with its prefix.
  var isAlternate = false
  var width = 0
  /// `,` or `_` between groups of digits.
  var grouping = ""
  var precision: Int?
  var type: Character?

  init() {}

  /// - Throws: a value failure for what is no specification.
  init(_ text: String) throws {
    var rest = Array(text.unicodeScalars)[...]
    func align(_ scalar: Unicode.Scalar?) -> Align? { scalar.flatMap { Align(rawValue: Character($0)) } }
    if let found = align(rest.dropFirst().first), let first = rest.first {
      fill = first
      self.align = found
      rest = rest.dropFirst(2)
    } else if let found = align(rest.first) {
      self.align = found
      rest = rest.dropFirst()
    }
    if let first = rest.first, "+- ".unicodeScalars.contains(first) {
      sign = first == "-" ? "" : String(first)
      rest = rest.dropFirst()
    }
    if rest.first == "#" {
      isAlternate = true
      rest = rest.dropFirst()
    }
    if rest.first == "0" {
      if self.align == nil {
        fill = "0"
        self.align = .behindSign
      }
      rest = rest.dropFirst()
    }
    width = Self.number(&rest) ?? 0
    if let first = rest.first, first == "," || first == "_" {
      grouping = String(first)
      rest = rest.dropFirst()
    }
    if rest.first == "." {
      rest = rest.dropFirst()
      guard let digits = Self.number(&rest) else { throw Self.malformed(text) }
      precision = digits
    }
    if let last = rest.popFirst() { type = Character(last) }
    guard rest.isEmpty, width <= 1 << 20, (precision ?? 0) <= 1 << 10 else { throw Self.malformed(text) }
  }

  /// Digits at the beginning; a number beyond every limit stays one.
  static func number(_ rest: inout ArraySlice<Unicode.Scalar>) -> Int? {
    let digits = rest.prefix { $0.value >= 0x30 && $0.value <= 0x39 }
    rest = rest.dropFirst(digits.count)
    guard !digits.isEmpty else { return nil }
    var view = String.UnicodeScalarView()
    view.append(contentsOf: digits)
    return Int(String(view)) ?? Int.max
  }

  private static func malformed(_ text: String) -> TemplateFailure {
    TemplateFailure(.value, expected: "a format", String(text.unicodeScalars.prefix(40)))
  }

  /// The text with what fills it up to the width.
  /// - Parameter prefix: what is in front of it, before zeros after the sign.
  func padded(_ text: String, prefix: String = "", _ usual: Align) -> String {
    let missing = max(0, width - text.unicodeScalars.count - prefix.unicodeScalars.count)
    func filled(_ count: Int) -> String { String(repeating: String(fill), count: count) }
    switch align ?? usual {
    case .left: return prefix + text + filled(missing)
    case .right: return filled(missing) + prefix + text
    case .behindSign: return prefix + filled(missing) + text
    case .center: return filled(missing / 2) + prefix + text + filled(missing - missing / 2)
    }
  }

  /// Digits with a separator between groups; what follows a point stays as it is.
  static func grouped(_ digits: String, by count: Int, _ separator: String) -> String {
    guard !separator.isEmpty else { return digits }
    let whole = digits.prefix { $0 != "." && $0 != "e" }
    var out = ""
    for (index, digit) in whole.enumerated() {
      if index > 0, (whole.count - index) % count == 0 { out += separator }
      out.append(digit)
    }
    return out + digits.dropFirst(whole.count)
  }
}
