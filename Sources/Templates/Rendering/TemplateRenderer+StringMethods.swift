// Methods of strings.
extension TemplateRenderer {
  func call(_ name: String, of text: TemplateText, _ arguments: CallArguments) throws -> TemplateValue {
    try budget.spend(text.string.utf8.count)
    switch name {
    case "find", "rfind", "index", "rindex", "count", "startswith", "endswith":
      return try searched(name, text.string, arguments)
    case "strip", "lstrip", "rstrip":
      try arguments.check(name, ["chars"])
      return try stripped(text, arguments.value(0, "chars"), start: name != "rstrip", end: name != "lstrip")
    case "split", "rsplit":
      try arguments.check(name, ["sep", "maxsplit"])
      return try split(text, arguments, fromEnd: name == "rsplit")
    case "partition", "rpartition":
      try arguments.check(name, ["sep"])
      return try partition(text, self.text(arguments.positional.first, "a separator"), fromEnd: name == "rpartition")
    case "splitlines":
      try arguments.check(name, ["keepends"])
      let lines = try lines(of: text.string, keepsEnds: arguments.value(0, "keepends")?.isTrue ?? false)
      return .list(TemplateList(lines.map { .string(TemplateText(String($0), isSafe: text.isSafe)) }))
    case "replace":
      try arguments.check(name, ["old", "new", "count"])
      guard case .string(let old)? = arguments.value(0, "old"), case .string(let new)? = arguments.value(1, "new")
      else {
        throw TemplateFailure(.value, expected: "two strings for replace", "other arguments")
      }
      return try replaced(text, old, new, arguments.value(2, "count"))
    case "removeprefix", "removesuffix": return try withoutAffix(text, name, arguments)
    case "join" where !text.isSafe: return try joined(text.string, arguments)
    case "format" where !text.isSafe: return .string(try formatted(text.string, arguments))
    case "center", "ljust", "rjust", "zfill", "expandtabs": return try filled(name, text, arguments)
    default: return try cased(name, text, arguments)
    }
  }

  private func cased(_ name: String, _ text: TemplateText, _ arguments: CallArguments) throws -> TemplateValue {
    if let kind = Self.cases[name] {
      try arguments.check(name, [])
      return .string(try cased(text, kind))
    }
    if name == "casefold", text.string.utf8.allSatisfy({ $0 < 0x80 }) {
      try arguments.check(name, [])
      return .string(try cased(text, .lower))
    }
    guard let holds = Self.predicates[name] else { throw Self.unsupported(name, .string(text)) }
    try arguments.check(name, [])
    return .bool(holds(text.string))
  }

  private static let cases: [String: PythonCase] = [
    "lower": .lower, "upper": .upper, "capitalize": .capitalized, "title": .title, "swapcase": .swapped,
  ]

  /// What is asked of a whole text. Most are asked of every character, and false for no character.
  private static let predicates: [String: @Sendable (String) -> Bool] = {
    func every(_ holds: @escaping @Sendable (Unicode.Scalar) -> Bool) -> @Sendable (String) -> Bool {
      { !$0.isEmpty && $0.unicodeScalars.allSatisfy(holds) }
    }
    return [
      "isalpha": every(PythonCharacter.isAlphabetic), "isalnum": every(PythonCharacter.isAlphanumeric),
      "isdigit": every(PythonCharacter.isDigit), "isdecimal": every(PythonCharacter.isDecimal),
      "isnumeric": every(PythonCharacter.isNumeric), "isspace": every(PythonSpace.contains),
      "isascii": { $0.utf8.allSatisfy { $0 < 0x80 } }, "istitle": { PythonCharacter.isTitled($0) },
      "isupper": { PythonCharacter.isCased($0, upper: true) }, "islower": { PythonCharacter.isCased($0, upper: false) },
    ]
  }()

  /// Methods that look for a text between a start and an end, which are counted in characters.
  private func searched(_ name: String, _ text: String, _ arguments: CallArguments) throws -> TemplateValue {
    guard arguments.named.isEmpty, (1...3).contains(arguments.positional.count) else {
      throw TemplateFailure(.value, expected: "a text, and perhaps a start and an end, for \(name)", "other arguments")
    }
    let bounds = try [1, 2].map { index -> Int? in
      guard arguments.positional.count > index, !arguments.positional[index].isNone else { return nil }
      return try integer(arguments.positional[index], "a bound")
    }
    let count = text.unicodeScalars.count
    func clamped(_ bound: Int?, _ missing: Int) -> Int {
      guard let bound else { return missing }
      return bound < 0 ? max(0, bound < -count ? 0 : bound + count) : bound
    }
    let (start, end) = (clamped(bounds[0], 0), min(clamped(bounds[1], count), count))
    let scalars = text.unicodeScalars
    let isInside = start <= end
    let part =
      isInside
      ? String(
        scalars[scalars.index(scalars.startIndex, offsetBy: start)..<scalars.index(scalars.startIndex, offsetBy: end)])
      : ""
    let wanted = arguments.positional[0]
    if name == "startswith" || name == "endswith" {
      let holds = try has(part, affix: wanted, atEnd: name == "endswith")
      return .bool(isInside && holds)
    }
    let sought = try self.text(wanted, "what is looked for")
    guard isInside else { return try found(name, name == "count" ? 0 : nil) }
    return try found(name, search(name, for: sought, in: part).map { name == "count" ? $0 : $0 + start })
  }

  private func found(_ name: String, _ index: Int?) throws -> TemplateValue {
    guard index == nil, name.hasSuffix("index") else { return .integer(index ?? -1) }
    throw TemplateFailure(.value, expected: "a text that is there for \(name)", "another")
  }

  /// The number of matches for `count`, else the place of one, in characters.
  private func search(_ name: String, for sought: String, in text: String) throws -> Int? {
    try budget.spend(sought.utf8.count)
    if name == "count", sought.isEmpty { return text.unicodeScalars.count + 1 }
    let bytes = Array(text.utf8)
    func place(_ offset: Int) -> Int { bytes[..<offset].count { $0 & 0xC0 != 0x80 } }
    let pattern = BytePattern(sought)
    if name == "count" {
      var (count, start) = (0, 0)
      while let match = pattern.firstMatch(in: bytes, from: start) {
        count += 1
        start = match + pattern.bytes.count
      }
      return count
    }
    guard name.hasPrefix("r") else { return pattern.firstMatch(in: bytes, from: 0).map(place) }
    if sought.isEmpty { return place(bytes.count) }
    return try matchesFromEnd(of: sought, in: text, atMost: 1).last.map(place)
  }

  private func withoutAffix(_ text: TemplateText, _ name: String, _ arguments: CallArguments) throws -> TemplateValue {
    try arguments.check(name, ["affix"])
    let affix = try self.text(arguments.positional.first, "what is removed")
    let atEnd = name == "removesuffix"
    guard !affix.isEmpty, try has(text.string, affix: .string(affix), atEnd: atEnd) else { return .string(text) }
    let bytes = text.string.utf8
    let kept = atEnd ? bytes.dropLast(affix.utf8.count) : bytes.dropFirst(affix.utf8.count)
    return .string(TemplateText(String(Substring(kept)), isSafe: text.isSafe))
  }

  private func joined(_ separator: String, _ arguments: CallArguments) throws -> TemplateValue {
    try arguments.check("join", ["iterable"])
    var out = ""
    for (index, element) in try elements(of: required(arguments.positional.first, "join")).enumerated() {
      guard case .string(let text) = element else {
        throw TemplateFailure(.value, expected: "strings to join", element.typeName)
      }
      try budget.spend(text.string.utf8.count + separator.utf8.count)
      try budget.checkSize(out.utf8.count + text.string.utf8.count + separator.utf8.count)
      out += (index > 0 ? separator : "") + text.string
    }
    return .string(out)
  }

  private func filled(_ name: String, _ text: TemplateText, _ arguments: CallArguments) throws -> TemplateValue {
    if name == "expandtabs" { return .string(try withoutTabs(text, arguments)) }
    try arguments.check(name, name == "zfill" ? ["width"] : ["width", "fillchar"])
    guard let width = try integer(arguments.positional.first, "the width") else {
      throw TemplateFailure(.value, expected: "a width for \(name)", "nothing")
    }
    if name == "zfill" {
      let sign = text.string.hasPrefix("-") || text.string.hasPrefix("+") ? String(text.string.prefix(1)) : ""
      let digits = TemplateText(String(text.string.dropFirst(sign.count)), isSafe: text.isSafe)
      let made = try padded(digits, width.subtractingReportingOverflow(sign.count).partialValue, "0", .start)
      return .string(TemplateText(sign + made.string, isSafe: text.isSafe))
    }
    let fill = try arguments.positional.count > 1 ? self.text(arguments.positional[1], "the fill") : " "
    guard let scalar = fill.unicodeScalars.first, fill.unicodeScalars.count == 1 else {
      throw TemplateFailure(.value, expected: "one character to fill with", "another text")
    }
    return .string(try padded(text, width, scalar, name == "center" ? .both : name == "ljust" ? .end : .start))
  }

  private func withoutTabs(_ text: TemplateText, _ arguments: CallArguments) throws -> TemplateText {
    try arguments.check("expandtabs", ["tabsize"])
    let size = max(0, try integer(arguments.value(0, "tabsize"), "the size of a tab") ?? 8)
    var out = String.UnicodeScalarView()
    var column = 0
    for scalar in text.string.unicodeScalars {
      if scalar == "\t" {
        let count = size == 0 ? 0 : size - column % size
        try budget.spend(count)
        out.append(contentsOf: repeatElement(" ", count: count))
        column += count
      } else {
        out.append(scalar)
        column = scalar == "\n" || scalar == "\r" ? 0 : column + 1
      }
    }
    return TemplateText(String(out), isSafe: text.isSafe)
  }
}
