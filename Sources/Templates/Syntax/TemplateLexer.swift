/// Cuts the source of a template into tokens, with the white space rules of `trim_blocks` and `lstrip_blocks`, which
/// chat templates are written for.
///
/// Follows `Lexer.tokeniter` of jinja2 3.1: a line end after `%}` and `#}` goes with the tag; white space before a tag
/// at the beginning of a line goes; `-` takes all white space on its side, `+` keeps it; one line end at the end of
/// the source goes.
struct TemplateLexer {
  enum Tag { case variable, block }

  let source: [UInt8]
  private let lineStarts: [Int]
  private(set) var tokens: [TemplateToken] = []
  var offset = 0
  /// Whether what was last read ended a line, or nothing was read yet.
  private var atLineStart = true
  /// The symbols that must still be closed in the present tag.
  private var open: [TemplateToken.Symbol] = []

  init(_ text: String) {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.utf8.count)
    // Line ends become "\n".
    var previous: UInt8 = 0
    for byte in text.utf8 {
      if byte == 0x0D {
        bytes.append(0x0A)
      } else if byte != 0x0A || previous != 0x0D {
        bytes.append(byte)
      }
      previous = byte
    }
    if bytes.last == 0x0A { bytes.removeLast() }
    source = bytes
    lineStarts = [0] + bytes.indices.filter { bytes[$0] == 0x0A }.map { $0 + 1 }
  }

  /// All tokens; the last is the end.
  static func tokens(of text: String) throws -> [TemplateToken] {
    var lexer = TemplateLexer(text)
    while lexer.offset < lexer.source.count { try lexer.readText() }
    lexer.add(.end)
    return lexer.tokens
  }

  /// Text up to the next tag, and that tag.
  private mutating func readText() throws {
    let start = offset
    guard let tag = nextTag(from: start) else {
      add(.data(text(start..<source.count)), at: start)
      offset = source.count
      return
    }
    var end = tag + 2
    let sign = end < source.count && (source[end] == minus || source[end] == plus) ? source[end] : nil
    if sign != nil { end += 1 }
    let kind = source[tag + 1]
    addData(start..<tag, sign: sign, isVariable: kind == openBrace)
    offset = end
    switch kind {
    case openBrace:
      add(.variableBegin, at: tag)
      try readTag(.variable, from: tag)
    case UInt8(ascii: "#"): try skipComment(from: tag)
    default:
      if let body = afterWord("raw", from: end), let begin = endOfRawBegin(body) {
        offset = begin
        atLineStart = source[begin - 1] == newline
        try readRaw(from: tag)
      } else {
        add(.blockBegin, at: tag)
        try readTag(.block, from: tag)
      }
    }
  }

  /// Tokens of a tag up to its end.
  private mutating func readTag(_ tag: Tag, from begin: Int) throws {
    open = []
    while true {
      skipSpace()
      guard offset < source.count else { throw unclosed(tag == .variable ? "}}" : "%}", from: begin) }
      if open.isEmpty, let end = endOfTag(tag) {
        add(tag == .variable ? .variableEnd : .blockEnd)
        offset = end
        atLineStart = source[end - 1] == newline
        return
      }
      try readToken()
    }
  }

  private mutating func readToken() throws {
    let start = offset
    let byte = source[offset]
    if isLetter(byte) {
      while offset < source.count, isLetter(source[offset]) || isDigit(source[offset]) { offset += 1 }
      add(.name(text(start..<offset)), at: start)
    } else if isDigit(byte) {
      let kind = try readNumber()
      add(kind, at: start)
    } else if byte == quote || byte == doubleQuote {
      let string = try readString()
      add(.string(string), at: start)
    } else if let (symbol, bytes) = TemplateToken.Symbol.byLength.first(where: {
      source[start...].starts(with: $0.bytes)
    }) {
      try balance(symbol)
      offset += bytes.count
      add(.symbol(symbol), at: start)
    } else {
      let character = String(decoding: source[start...].prefix(4), as: UTF8.self).unicodeScalars.first
      throw TemplateFailure(.syntax, "the character \(character.map { "\"\($0)\"" } ?? "?")", at: position(start))
    }
  }

  private mutating func balance(_ symbol: TemplateToken.Symbol) throws {
    if let closing = symbol.closing {
      open.append(closing)
    } else if [.closeParen, .closeBracket, .closeBrace].contains(symbol) {
      guard let expected = open.popLast(), expected == symbol else {
        throw TemplateFailure(.syntax, "a \(symbol.rawValue) without its beginning", at: position(offset))
      }
    }
  }

  private mutating func skipComment(from begin: Int) throws {
    let hash = UInt8(ascii: "#")
    let end = (offset..<source.count).first {
      source[$0] == hash && $0 + 1 < source.count && source[$0 + 1] == closeBrace
    }
    guard let end else { throw unclosed("#}", from: begin) }
    // The sign belongs to the end, not to the comment.
    let sign = end > offset ? source[end - 1] : 0
    offset = behind(end + 2, sign: sign)
    atLineStart = source[offset - 1] == newline
  }

  /// Text up to `{% endraw %}`.
  private mutating func readRaw(from begin: Int) throws {
    let start = offset
    while let tag = nextTag(from: offset) {
      var end = tag + 2
      let sign = end < source.count && (source[end] == minus || source[end] == plus) ? source[end] : nil
      if sign != nil { end += 1 }
      offset = tag + 1
      guard source[tag + 1] == percent, let body = afterWord("endraw", from: end) else { continue }
      offset = body
      guard let close = endOfTag(.block) else {
        offset = tag + 1
        continue
      }
      addData(start..<tag, sign: sign, isVariable: false)
      offset = close
      atLineStart = source[close - 1] == newline
      return
    }
    throw unclosed("{% endraw %}", from: begin)
  }

  // MARK: White space

  /// Adds the text before a tag, less what the tag takes of it.
  private mutating func addData(_ range: Range<Int>, sign: UInt8?, isVariable: Bool) {
    var end = range.upperBound
    if sign == minus {
      end = range.lowerBound + PythonSpace.trimmingEnd(Substring(text(range))).utf8.count
    } else if sign == nil, !isVariable {
      let line = source[range].lastIndex(of: newline).map { $0 + 1 }
      if let begin = line ?? (atLineStart ? range.lowerBound : nil),
        PythonSpace.trimmingEnd(Substring(text(begin..<end))).isEmpty
      {
        end = begin
      }
    }
    if end > range.lowerBound { add(.data(text(range.lowerBound..<end)), at: range.lowerBound) }
  }

  /// Where the text after a tag's end begins, if the end of the tag is here.
  private func endOfTag(_ tag: Tag) -> Int? {
    guard offset < source.count else { return nil }
    let close: [UInt8] = tag == .variable ? [closeBrace, closeBrace] : [percent, closeBrace]
    if source[offset...].starts(with: close) {
      return tag == .variable ? offset + 2 : behind(offset + 2, sign: 0)
    }
    let sign = source[offset]
    guard sign == minus || (sign == plus && tag == .block), source[(offset + 1)...].starts(with: close) else {
      return nil
    }
    return behind(offset + 3, sign: sign)
  }

  /// The place after a tag that ends at `end`, and after what it takes of the text that follows.
  private func behind(_ end: Int, sign: UInt8) -> Int {
    if sign == minus { return afterSpace(end) }
    return sign != plus && end < source.count && source[end] == newline ? end + 1 : end
  }

  /// `raw` takes no line end after its `%}`.
  private func endOfRawBegin(_ start: Int) -> Int? {
    if source[start...].starts(with: [percent, closeBrace]) { return start + 2 }
    return source[start...].starts(with: [minus, percent, closeBrace]) ? afterSpace(start + 3) : nil
  }

  private mutating func skipSpace() { offset = afterSpace(offset) }

  private func afterSpace(_ start: Int) -> Int {
    var end = start
    while end < source.count {
      if source[end] < 0x80 {
        guard PythonSpace.contains(Unicode.Scalar(source[end])) else { return end }
        end += 1
      } else {
        let scalar = String(decoding: source[end...].prefix(4), as: UTF8.self).unicodeScalars.first
        guard let scalar, PythonSpace.contains(scalar) else { return end }
        end += String(scalar).utf8.count
      }
    }
    return end
  }

  /// The place after white space, a word and white space; nil when the word is not there.
  private func afterWord(_ word: String, from start: Int) -> Int? {
    let begin = afterSpace(start)
    return source[begin...].starts(with: Array(word.utf8)) ? afterSpace(begin + word.utf8.count) : nil
  }

  /// Where the next `{{`, `{%` or `{#` begins.
  private func nextTag(from start: Int) -> Int? {
    var index = start
    while let brace = source[index...].firstIndex(of: openBrace), brace + 1 < source.count {
      let next = source[brace + 1]
      if next == openBrace || next == percent || next == UInt8(ascii: "#") { return brace }
      index = brace + 1
    }
    return nil
  }

  // MARK: Places

  func position(_ offset: Int) -> TemplatePosition {
    var low = 0
    var high = lineStarts.count
    while high - low > 1 {
      let middle = (low + high) / 2
      if lineStarts[middle] <= offset { low = middle } else { high = middle }
    }
    return TemplatePosition(line: low + 1, column: offset - lineStarts[low] + 1)
  }

  func text(_ range: Range<Int>) -> String { String(decoding: source[range], as: UTF8.self) }

  private mutating func add(_ kind: TemplateToken.Kind, at start: Int? = nil) {
    tokens.append(TemplateToken(kind: kind, position: position(start ?? offset)))
  }

  private func unclosed(_ end: String, from begin: Int) -> TemplateFailure {
    TemplateFailure(.syntax, expected: end, "the end of the template", at: position(begin))
  }

  func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }

  private func isLetter(_ byte: UInt8) -> Bool {
    (byte | 0x20) >= UInt8(ascii: "a") && (byte | 0x20) <= UInt8(ascii: "z") || byte == UInt8(ascii: "_")
  }
}

private let newline: UInt8 = 0x0A
private let minus = UInt8(ascii: "-")
private let plus = UInt8(ascii: "+")
private let percent = UInt8(ascii: "%")
private let openBrace = UInt8(ascii: "{")
private let closeBrace = UInt8(ascii: "}")
private let quote = UInt8(ascii: "'")
private let doubleQuote = UInt8(ascii: "\"")
