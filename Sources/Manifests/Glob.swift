/// A pattern over dot-separated names. `*` matches within one part, `**` across parts; `{a,b}` one of several texts,
/// `{0-7,24-31}` a number in one of the ranges; `[37]` one of some characters, `[3-7]` one of a range. Everything else
/// matches itself, and so does a bracket that is never closed.
public struct Glob: Sendable, Equatable {
  /// The pattern as it was written.
  public let pattern: String
  private let tokens: [GlobToken]

  /// - Parameter pattern: The pattern as a rule writes it.
  public init(_ pattern: String) {
    self.pattern = pattern
    tokens = GlobToken.read(Array(pattern.utf8))
  }

  /// Whether the whole name matches. Time is bounded by pattern length × name length.
  public func matches(_ name: String) -> Bool {
    let name = Array(name.utf8)
    // reachable[i]: whether the tokens consumed so far can end before name[i].
    var reachable = Array(repeating: false, count: name.count + 1)
    reachable[0] = true
    for token in tokens { reachable = token.advance(reachable, name) }
    return reachable[name.count]
  }
}

/// One piece of a pattern.
enum GlobToken: Sendable, Equatable {
  case byte(UInt8)
  case star(acrossParts: Bool)
  case anyOf(Set<UInt8>)
  case choice([Alternative])

  enum Alternative: Sendable, Equatable {
    case text([UInt8])
    case numbers(ClosedRange<Int>)
  }

  /// Where the token can end, given where it can begin.
  func advance(_ from: [Bool], _ name: [UInt8]) -> [Bool] {
    var to = Array(repeating: false, count: from.count)
    switch self {
    case .byte(let byte):
      for i in name.indices where from[i] && name[i] == byte { to[i + 1] = true }
    case .anyOf(let bytes):
      for i in name.indices where from[i] && bytes.contains(name[i]) { to[i + 1] = true }
    case .star(let acrossParts):
      to = from
      for i in name.indices where to[i] && (acrossParts || name[i] != UInt8(ascii: ".")) { to[i + 1] = true }
    case .choice(let alternatives):
      for i in from.indices where from[i] {
        for alternative in alternatives { if let end = alternative.end(name[i...]) { to[end] = true } }
      }
    }
    return to
  }
}

extension GlobToken.Alternative {
  /// Where the alternative ends at the beginning of `rest`; nil when it does not match there.
  func end(_ rest: ArraySlice<UInt8>) -> Int? {
    switch self {
    case .text(let text): return rest.starts(with: text) ? rest.startIndex + text.count : nil
    case .numbers(let range):
      let digits = rest.prefix { (48...57).contains($0) }
      guard let value = GlobToken.natural(digits), range.contains(value) else { return nil }
      return digits.endIndex
    }
  }
}

extension GlobToken {
  /// The tokens of a pattern.
  static func read(_ bytes: [UInt8]) -> [GlobToken] {
    var tokens: [GlobToken] = []
    var at = 0
    while at < bytes.count {
      let (byte, next) = (bytes[at], at + 1)
      let star = UInt8(ascii: "*")
      if byte == star {
        let acrossParts = next < bytes.count && bytes[next] == star
        tokens.append(.star(acrossParts: acrossParts))
        at += acrossParts ? 2 : 1
      } else if byte == UInt8(ascii: "{"), let end = bytes[next...].firstIndex(of: UInt8(ascii: "}")), end > next {
        tokens.append(.choice(bytes[next..<end].split(separator: UInt8(ascii: ",")).map(alternative)))
        at = end + 1
      } else if byte == UInt8(ascii: "["), let end = bytes[next...].firstIndex(of: UInt8(ascii: "]")), end > next {
        tokens.append(.anyOf(characters(bytes[next..<end])))
        at = end + 1
      } else {
        tokens.append(.byte(byte))
        at = next
      }
    }
    return tokens
  }

  private static func alternative(_ text: ArraySlice<UInt8>) -> Alternative {
    let parts = text.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
    if parts.count == 2, let low = natural(parts[0]), let high = natural(parts[1]), low <= high {
      return .numbers(low...high)
    }
    // A lone number is one, too: `{3,7}` does not mean the beginning of 37.
    if let number = natural(text) { return .numbers(number...number) }
    return .text(Array(text))
  }

  private static func characters(_ text: ArraySlice<UInt8>) -> Set<UInt8> {
    var found: Set<UInt8> = []
    var at = text.startIndex
    while at < text.endIndex {
      if at + 2 < text.endIndex, text[at + 1] == UInt8(ascii: "-"), text[at] <= text[at + 2] {
        found.formUnion(text[at]...text[at + 2])
        at += 3
      } else {
        found.insert(text[at])
        at += 1
      }
    }
    return found
  }

  /// A number without leading zeros, of at most nine digits; nil for anything else.
  static func natural(_ digits: ArraySlice<UInt8>) -> Int? {
    guard !digits.isEmpty, digits.count <= 9, digits.allSatisfy({ (48...57).contains($0) }),
      digits.count == 1 || digits.first != 48
    else { return nil }
    return digits.reduce(0) { 10 * $0 + Int($1 - 48) }
  }
}
