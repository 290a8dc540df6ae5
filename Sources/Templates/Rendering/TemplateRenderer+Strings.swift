// What filters and methods do with strings.
extension TemplateRenderer {
  /// The text without the characters of `characters`, or white space, at its ends.
  func stripped(_ text: TemplateText, _ characters: TemplateValue?, start: Bool, end: Bool) throws -> TemplateValue {
    try budget.spend(text.string.utf8.count)
    let isStripped: (Unicode.Scalar) -> Bool
    switch characters {
    case nil, TemplateValue.none?: isStripped = PythonSpace.contains
    case .string(let set)?:
      let scalars = Set(set.string.unicodeScalars)
      isStripped = { scalars.contains($0) }
    case let other?: throw TemplateFailure(.value, expected: "the characters to strip as a string", other.typeName)
    }
    var scalars = text.string.unicodeScalars[...]
    if start { scalars = scalars.drop(while: isStripped) }
    if end { while let last = scalars.last, isStripped(last) { scalars.removeLast() } }
    return .string(TemplateText(String(scalars), isSafe: text.isSafe))
  }

  func has(_ text: String, affix: TemplateValue?, atEnd: Bool) throws -> Bool {
    switch affix {
    case .string(let affix)?:
      let (bytes, part) = (text.utf8, affix.string.utf8)
      try budget.spend(part.count)
      return atEnd
        ? bytes.count >= part.count && bytes.suffix(part.count).elementsEqual(part) : bytes.starts(with: part)
    case .tuple(let list)?:
      return try list.elements.contains { element in
        guard case .string = element else {
          throw TemplateFailure(.value, expected: "strings to compare with", element.typeName)
        }
        return try has(text, affix: element, atEnd: atEnd)
      }
    default: throw TemplateFailure(.value, expected: "a string to compare with", affix?.typeName ?? "nothing")
    }
  }

  /// `split` of Python: at a separator, or at white space.
  func split(_ text: TemplateText, _ arguments: CallArguments) throws -> TemplateValue {
    var limit = Int.max
    if let most = arguments.value(1, "maxsplit") {
      guard let most = most.integer else { throw TemplateFailure(.value, expected: "an integer", most.typeName) }
      limit = most < 0 ? Int.max : most
    }
    let pieces: [String]
    switch arguments.value(0, "sep") {
    case nil, TemplateValue.none?: pieces = words(of: text.string, atMost: limit)
    case .string(let separator)?:
      guard !separator.string.isEmpty else { throw TemplateFailure(.value, expected: "a separator", "an empty string") }
      try budget.spend(separator.string.utf8.count)
      let pattern = BytePattern(separator.string)
      pieces = cut(Array(text.string.utf8), at: pattern.matches(in: Array(text.string.utf8), atMost: limit), pattern)
    case let other?: throw TemplateFailure(.value, expected: "a string as separator", other.typeName)
    }
    try budget.spend(elements: pieces.count)
    return .list(TemplateList(pieces.map { .string(TemplateText($0, isSafe: text.isSafe)) }))
  }

  private func words(of text: String, atMost limit: Int) -> [String] {
    var out: [String] = []
    var rest = text.unicodeScalars[...].drop(while: PythonSpace.contains)
    while !rest.isEmpty, out.count < limit {
      let word = rest.prefix { !PythonSpace.contains($0) }
      out.append(String(word))
      rest = rest[word.endIndex...].drop(while: PythonSpace.contains)
    }
    if !rest.isEmpty { out.append(String(PythonSpace.trimmingEnd(Substring(rest)))) }
    return out
  }

  /// The texts between matches.
  private func cut(_ bytes: [UInt8], at matches: [Int], _ pattern: BytePattern) -> [String] {
    var start = 0
    var out: [String] = []
    for match in matches {
      out.append(String(decoding: bytes[start..<match], as: UTF8.self))
      start = match + pattern.bytes.count
    }
    out.append(String(decoding: bytes[start...], as: UTF8.self))
    return out
  }

  func replaced(
    _ text: TemplateText, _ old: TemplateText, _ new: TemplateText, _ count: TemplateValue?
  ) throws -> TemplateValue {
    guard !text.isSafe, !old.isSafe, !new.isSafe else { throw TemplateFailure(.unsupported, "replace in safe text") }
    guard !old.string.isEmpty else { throw TemplateFailure(.unsupported, "replace of an empty string") }
    var limit = Int.max
    if let count, let number = count.integer, number >= 0 { limit = number }
    try budget.spend(text.string.utf8.count + old.string.utf8.count)
    let pattern = BytePattern(old.string)
    let bytes = Array(text.string.utf8)
    let matches = pattern.matches(in: bytes, atMost: limit)
    let (size, isOver) = matches.count.multipliedReportingOverflow(by: new.string.utf8.count)
    try budget.spend(isOver ? Int.max : size)
    return .string(cut(bytes, at: matches, pattern).joined(separator: new.string))
  }

  /// Only for ASCII: other letters would need tables that are Python's own.
  func cased(_ text: TemplateText, upper: Bool) throws -> TemplateText {
    try budget.spend(text.string.utf8.count)
    guard text.string.utf8.allSatisfy({ $0 < 0x80 }) else {
      throw TemplateFailure(.unsupported, "\(upper ? "upper" : "lower") of text that is not ASCII")
    }
    return TemplateText(upper ? text.string.uppercased() : text.string.lowercased(), isSafe: text.isSafe)
  }
}
