// `split` and its relatives.
extension TemplateRenderer {
  /// `split` and `rsplit` of Python: at a separator, or at white space.
  func split(_ text: TemplateText, _ arguments: CallArguments, fromEnd: Bool) throws -> TemplateValue {
    var limit = Int.max
    if let most = try integer(arguments.value(1, "maxsplit"), "maxsplit") { limit = most < 0 ? Int.max : most }
    let pieces: [Substring]
    switch arguments.value(0, "sep") {
    case nil, TemplateValue.none?:
      pieces = try fromEnd ? lastWords(of: text.string, limit) : words(of: text.string, limit)
    case .string(let separator)?:
      guard !separator.string.isEmpty else { throw TemplateFailure(.value, expected: "a separator", "an empty string") }
      pieces = try cut(text.string, at: separator.string, atMost: limit, fromEnd: fromEnd)
    case let other?: throw TemplateFailure(.value, expected: "a string as separator", other.typeName)
    }
    return list(of: pieces, text.isSafe)
  }

  private func list(of pieces: [Substring], _ isSafe: Bool) -> TemplateValue {
    .list(TemplateList(pieces.map { .string(TemplateText(String($0), isSafe: isSafe)) }))
  }

  private func words(of text: String, _ limit: Int) throws -> [Substring] {
    var out: [Substring] = []
    var rest = text.unicodeScalars[...].drop(while: PythonSpace.contains)
    while !rest.isEmpty, out.count < limit {
      try budget.spend(elementBehind: out.count)
      let word = rest.prefix { !PythonSpace.contains($0) }
      out.append(Substring(word))
      rest = rest[word.endIndex...].drop(while: PythonSpace.contains)
    }
    // What is left over keeps the white space at its end.
    if !rest.isEmpty { out.append(Substring(rest)) }
    return out
  }

  private func lastWords(of text: String, _ limit: Int) throws -> [Substring] {
    var out: [Substring] = []
    var rest = PythonSpace.trimmingEnd(Substring(text)).unicodeScalars
    while !rest.isEmpty, out.count < limit {
      try budget.spend(elementBehind: out.count)
      let begin = rest.lastIndex(where: PythonSpace.contains).map { rest.index(after: $0) } ?? rest.startIndex
      out.append(Substring(rest[begin...]))
      rest = PythonSpace.trimmingEnd(Substring(rest[..<begin])).unicodeScalars
    }
    if !rest.isEmpty { out.append(Substring(rest)) }
    return out.reversed()
  }

  private func cut(_ text: String, at separator: String, atMost limit: Int, fromEnd: Bool) throws -> [Substring] {
    try budget.spend(separator.utf8.count)
    let length = separator.utf8.count
    var places =
      try fromEnd ? matchesFromEnd(of: separator, in: text, atMost: limit) : starts(of: separator, in: text, limit)
    places.append(text.utf8.count)
    var out: [Substring] = []
    var start = text.utf8.startIndex
    var offset = 0
    for place in places {
      let end = text.utf8.index(start, offsetBy: place - offset)
      out.append(text[start..<end])
      guard place < text.utf8.count else { break }
      start = text.utf8.index(end, offsetBy: length)
      offset = place + length
    }
    if offset == text.utf8.count, out.count < places.count { out.append("") }
    return out
  }

  private func starts(of part: String, in text: String, _ limit: Int) throws -> [Int] {
    var text = text
    return try text.withUTF8 { try matches(of: part, in: $0, atMost: limit) }
  }

  /// Where a text begins in another, looked for from the end.
  func matchesFromEnd(of part: String, in text: String, atMost limit: Int) throws -> [Int] {
    let pattern = BytePattern(bytes: part.utf8.reversed())
    let bytes = Array(text.utf8.reversed())
    var out: [Int] = []
    var start = 0
    while out.count < limit, let match = pattern.firstMatch(in: bytes, from: start) {
      try budget.spend(elementBehind: out.count)
      out.append(bytes.count - match - pattern.bytes.count)
      start = match + pattern.bytes.count
    }
    return out.reversed()
  }

  /// `partition` and `rpartition`.
  func partition(_ text: TemplateText, _ separator: String, fromEnd: Bool) throws -> TemplateValue {
    guard !separator.isEmpty else { throw TemplateFailure(.value, expected: "a separator", "an empty string") }
    let pieces = try cut(text.string, at: separator, atMost: 1, fromEnd: fromEnd).map(String.init)
    let parts =
      pieces.count == 2
      ? [pieces[0], separator, pieces[1]] : fromEnd ? ["", "", text.string] : [text.string, "", ""]
    return .tuple(TemplateList(parts.map { .string(TemplateText($0, isSafe: text.isSafe)) }))
  }

  /// `splitlines` of Python, at every character that it takes for a line end.
  func lines(of text: String, keepsEnds: Bool) throws -> [Substring] {
    try budget.spend(text.utf8.count)
    let scalars = text.unicodeScalars
    var out: [Substring] = []
    var start = scalars.startIndex
    var index = start
    while index < scalars.endIndex {
      let scalar = scalars[index]
      var next = scalars.index(after: index)
      if Self.lineEnds.contains(scalar.value) {
        if scalar == "\r", next < scalars.endIndex, scalars[next] == "\n" { next = scalars.index(after: next) }
        try budget.spend(elementBehind: out.count)
        out.append(text[start..<(keepsEnds ? next : index)])
        start = next
      }
      index = next
    }
    if start < scalars.endIndex { out.append(text[start...]) }
    return out
  }

  private static let lineEnds: Set<UInt32> = [0x0A, 0x0B, 0x0C, 0x0D, 0x1C, 0x1D, 0x1E, 0x85, 0x2028, 0x2029]
}
