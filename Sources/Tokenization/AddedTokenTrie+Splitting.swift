extension AddedTokenTrie {
  /// A part of a text: an added token, or what is between two of them.
  enum Part {
    case token(AddedToken)
    case text(Range<Int>)
  }

  /// Takes a text apart as `AddedVocabulary::find_matches` of the `tokenizers` package does: the white space that a token
  /// takes is left out, and a token that must be a separate word and is none is ordinary text.
  func split(
    _ bytes: UnsafeBufferPointer<UInt8>, special: Bool, _ take: (Part) -> Void
  ) {
    var start = 0
    var search = 0
    while let (token, range) = first(in: bytes, from: search) {
      search = range.upperBound
      if token.isSpecial, !special { continue }
      if token.isSingleWord, !Self.isWord(range, in: bytes) { continue }
      let begin =
        token.takesSpaceBefore ? max(start, Self.startOfSpace(before: range.lowerBound, in: bytes)) : range.lowerBound
      if start < begin { take(.text(start..<begin)) }
      take(.token(token))
      start = token.takesSpaceBehind ? Self.endOfSpace(behind: range.upperBound, in: bytes) : range.upperBound
    }
    if start < bytes.count { take(.text(start..<bytes.count)) }
  }

  private static func isWord(_ range: Range<Int>, in bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    if range.lowerBound > 0, isOfWord(UTF8Scalar.read(bytes, startOfScalar(before: range.lowerBound, in: bytes)).code) {
      return false
    }
    return range.upperBound >= bytes.count || !isOfWord(UTF8Scalar.read(bytes, range.upperBound).code)
  }

  /// `\w` of the package's regular expressions.
  private static func isOfWord(_ code: UInt32) -> Bool {
    guard let properties = Unicode.Scalar(code)?.properties else { return false }
    return switch properties.generalCategory {
    case .decimalNumber, .connectorPunctuation, .nonspacingMark, .spacingMark, .enclosingMark: true
    default: properties.isAlphabetic || properties.isJoinControl
    }
  }

  private static func isSpace(_ code: UInt32) -> Bool { Unicode.Scalar(code)?.properties.isWhitespace ?? false }

  private static func startOfScalar(before end: Int, in bytes: UnsafeBufferPointer<UInt8>) -> Int {
    var start = end - 1
    while start > 0, bytes[start] & 0xC0 == 0x80 { start -= 1 }
    return start
  }

  private static func startOfSpace(before end: Int, in bytes: UnsafeBufferPointer<UInt8>) -> Int {
    var start = end
    while start > 0 {
      let scalar = startOfScalar(before: start, in: bytes)
      guard isSpace(UTF8Scalar.read(bytes, scalar).code) else { break }
      start = scalar
    }
    return start
  }

  private static func endOfSpace(behind start: Int, in bytes: UnsafeBufferPointer<UInt8>) -> Int {
    var end = start
    while end < bytes.count {
      let (code, length) = UTF8Scalar.read(bytes, end)
      guard isSpace(code) else { break }
      end += length
    }
    return end
  }
}
