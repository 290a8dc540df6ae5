/// Reads a ``ModulePattern``. Every function returns nil where the text is no such pattern.
struct ModulePatternParser {
  private typealias Node = ModulePattern.Node
  private let bytes: [UInt8]
  private var at = 0
  private var depth = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  mutating func parse() -> ModulePattern.Node? {
    guard let node = choice(), at == bytes.count else { return nil }
    return node
  }

  private var next: UInt8? { at < bytes.count ? bytes[at] : nil }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard next == UInt8(ascii: character) else { return false }
    at += 1
    return true
  }

  private mutating func choice() -> Node? {
    var nodes: [Node] = []
    repeat {
      guard let node = sequence() else { return nil }
      nodes.append(node)
    } while take("|")
    return nodes.count == 1 ? nodes[0] : .choice(nodes)
  }

  private mutating func sequence() -> Node? {
    var nodes: [Node] = []
    while let byte = next, byte != UInt8(ascii: "|"), byte != UInt8(ascii: ")") {
      guard let node = atom().flatMap({ quantified($0) }) else { return nil }
      nodes.append(node)
    }
    return .sequence(nodes)
  }

  private mutating func atom() -> Node? {
    if take("(") {
      if take("?") { guard take(":") else { return nil } }
      depth += 1
      defer { depth -= 1 }
      guard depth <= 8, let node = choice(), take(")") else { return nil }
      return node
    }
    if take("[") { return bracket() }
    if take(".") { return .set { _ in true } }
    if take("^") { return .begin }
    if take("$") { return .end }
    if take("\\") { return escape().map { .set($0) } }
    guard let byte = next, !"*+?{}".utf8.contains(byte), byte < 0x80 else { return nil }
    at += 1
    return .set { $0 == byte }
  }

  private mutating func quantified(_ node: Node) -> Node? {
    var out = node
    if take("*") {
      out = .times(node, 0, nil)
    } else if take("+") {
      out = .times(node, 1, nil)
    } else if take("?") {
      out = .times(node, 0, 1)
    } else if take("{") {
      let least = number()
      let most = take(",") ? number() : least
      let isOpen = at > 0 && bytes[at - 1] == UInt8(ascii: ",")
      guard take("}"), least != nil || most != nil, most ?? Int.max >= least ?? 0 else { return nil }
      out = .times(node, least ?? 0, isOpen ? nil : most)
    } else {
      return node
    }
    // Whether as much or as little as possible is taken makes no difference to whether a whole name matches.
    _ = take("?")
    return next.map { "*+?{".utf8.contains($0) } == true ? nil : out
  }

  private mutating func number() -> Int? {
    let begin = at
    while let byte = next, (48...57).contains(byte), at - begin < 3 { at += 1 }
    return Int(String(decoding: bytes[begin..<at], as: UTF8.self))
  }

  /// What follows a backslash.
  private mutating func escape() -> (@Sendable (UInt8) -> Bool)? {
    guard let byte = next, byte < 0x80 else { return nil }
    at += 1
    let isDigit: @Sendable (UInt8) -> Bool = { (48...57).contains($0) }
    let isWord: @Sendable (UInt8) -> Bool = {
      (48...57).contains($0) || (65...90).contains($0) || (97...122).contains($0) || $0 == 95
    }
    switch byte {
    case UInt8(ascii: "d"): return isDigit
    case UInt8(ascii: "D"): return { !isDigit($0) }
    case UInt8(ascii: "w"): return isWord
    case UInt8(ascii: "W"): return { !isWord($0) }
    default:
      guard !isWord(byte) else { return nil }
      return { $0 == byte }
    }
  }

  /// A class, after its opening bracket.
  private mutating func bracket() -> Node? {
    let isNegated = take("^")
    var members: [@Sendable (UInt8) -> Bool] = []
    var isFirst = true
    while let byte = next, byte != UInt8(ascii: "]") || isFirst {
      isFirst = false
      at += 1
      if byte == UInt8(ascii: "\\") {
        guard let escape = escape() else { return nil }
        members.append(escape)
      } else if next == UInt8(ascii: "-"), at + 1 < bytes.count, bytes[at + 1] != UInt8(ascii: "]") {
        let last = bytes[at + 1]
        guard byte <= last, last != UInt8(ascii: "\\") else { return nil }
        at += 2
        members.append { byte <= $0 && $0 <= last }
      } else {
        members.append { $0 == byte }
      }
    }
    guard take("]") else { return nil }
    return .set { [members] value in members.contains { $0(value) } != isNegated }
  }
}
