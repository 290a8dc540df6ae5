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

  func replaced(
    _ text: TemplateText, _ old: TemplateText, _ new: TemplateText, _ count: TemplateValue?
  ) throws -> TemplateValue {
    guard !text.isSafe, !old.isSafe, !new.isSafe else { throw TemplateFailure(.unsupported, "replace in safe text") }
    var limit = Int.max
    if let number = try integer(count.flatMap { $0.isNone ? nil : $0 }, "the count"), number >= 0 { limit = number }
    try budget.spend(text.string.utf8.count + old.string.utf8.count)
    var source = text.string
    var target = new.string
    return try source.withUTF8 { bytes in
      let matches = try matches(of: old.string, in: bytes, atMost: limit)
      let (size, isOver) = matches.count.multipliedReportingOverflow(by: new.string.utf8.count)
      try budget.spend(isOver ? Int.max : size)
      let made = size + bytes.count - matches.count * old.string.utf8.count
      try budget.checkSize(made)
      // Written in its place, so that there is one copy of it.
      let result = target.withUTF8 { new in
        String(unsafeUninitializedCapacity: made) { out in
          var end = 0
          func append(_ part: Slice<UnsafeBufferPointer<UInt8>>) {
            for byte in part {
              out[end] = byte
              end += 1
            }
          }
          var start = 0
          for match in matches {
            append(bytes[start..<match])
            append(new[...])
            start = match + old.string.utf8.count
          }
          append(bytes[start...])
          return end
        }
      }
      return .string(result)
    }
  }

  /// Where a text begins in another, none inside of another one; an empty text begins before every character and at the
  /// end. Each place is paid for before it is kept.
  func matches(of part: String, in bytes: UnsafeBufferPointer<UInt8>, atMost limit: Int) throws -> [Int] {
    var out: [Int] = []
    if part.isEmpty {
      var index = 0
      while out.count < limit, index <= bytes.count {
        if index == bytes.count || bytes[index] & 0xC0 != 0x80 {
          try budget.spend(elementBehind: out.count)
          out.append(index)
        }
        index += 1
      }
      return out
    }
    let pattern = BytePattern(part)
    var start = 0
    while out.count < limit, let match = pattern.firstMatch(in: bytes, from: start) {
      try budget.spend(elementBehind: out.count)
      out.append(match)
      start = match + pattern.bytes.count
    }
    return out
  }

  func cased(_ text: TemplateText, _ kind: PythonCase) throws -> TemplateText {
    // No character becomes more than three times as long.
    try budget.spend(3 * text.string.utf8.count)
    return TemplateText(kind.apply(text.string), isSafe: text.isSafe)
  }

  enum Side { case start, end, both }

  /// The text with characters before it, after it or on both sides, so that it is as long as the width.
  func padded(_ text: TemplateText, _ width: Int, _ fill: Unicode.Scalar, _ side: Side) throws -> TemplateText {
    let count = text.string.unicodeScalars.count
    guard width > count else { return text }
    let missing = width - count
    try budget.spend(missing)
    try budget.spend(3 * missing)
    let left =
      switch side {
      case .start: missing
      case .end: 0
      case .both: missing / 2 + (missing & width & 1)
      }
    let start = String(repeating: String(fill), count: left)
    return TemplateText(
      start + text.string + String(repeating: String(fill), count: missing - left), isSafe: text.isSafe)
  }
}
