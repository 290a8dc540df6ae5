import StrictJSON

/// The answers of gpt-oss: messages, each with a header whose channel says what it is.
///
///     <|channel|>analysis<|message|>THOUGHTS<|end|>
///     <|start|>assistant<|channel|>commentary to=functions.NAME <|constrain|>json<|message|>ARGUMENTS<|call|>
///     <|start|>assistant<|channel|>final<|message|>TEXT<|return|>
///
/// `analysis` is thought. What has a declared tool as its recipient is a call, in whichever channel; what has another one is
/// said as it was written, once it is whole. Everything else is said. Several messages of
/// one kind are parted by an empty line. An answer begins inside of a header, as its prompt ends with `<|start|>assistant`;
/// a text without any mark is said as it is.
struct ChannelParser: Sendable {
  enum State { case header, thoughts, text, call }

  /// The text of a header: before `<|channel|>`, after it, and after `<|constrain|>`.
  private struct Header {
    var parts: [[UInt8]] = [[], [], []]
    var part = 0
    /// Whether a mark was seen since the message before: without one, the text is no header.
    var isMarked = false
  }

  private(set) var state = State.header
  /// The stop string that was found.
  private(set) var stop: String?
  private let stops: [String]
  private let tools: [ToolDeclaration]
  private let parsesCalls: Bool
  private var scanner: PatternScanner
  private var header = Header()
  private var arguments: [UInt8] = []
  private var (hasThought, hasSaid, isNew) = (false, false, false)
  /// Whether the message is a call of a tool that is not declared; how many were.
  private var isUnknown = false
  private(set) var unknownCalls = 0

  init(_ tools: [ToolDeclaration], stops: [String], parsesCalls: Bool) {
    self.tools = tools
    self.stops = stops
    self.parsesCalls = parsesCalls
    scanner = PatternScanner(stops.map { Array($0.utf8) })
  }

  /// Takes a mark.
  mutating func append(_ mark: ChannelMarks.Meaning) -> [OutputPiece] {
    switch mark {
    case .start, .end:
      let pieces = leave(isCut: false)
      header.isMarked = mark == .start
      return pieces
    case .channel:
      // Some answers forget to begin a message.
      let pieces = state == .header ? [] : leave(isCut: false)
      (header.part, header.isMarked) = (1, true)
      return pieces
    case .constraint:
      if state == .header { (header.part, header.isMarked) = (2, true) }
      return []
    case .message: return state == .header ? enter() : []
    }
  }

  /// Takes text.
  mutating func append(_ bytes: [UInt8]) -> [OutputPiece] {
    guard !bytes.isEmpty, stop == nil else { return [] }
    switch state {
    case .header:
      header.parts[header.part] += bytes
      return []
    case .thoughts:
      let text = String(decoding: bytes, as: UTF8.self)
      defer { (hasThought, isNew) = (true, false) }
      return [.reasoning(isNew && hasThought ? "\n\n" + text : text)]
    case .text:
      scanner.append(bytes)
      return scan()
    case .call:
      arguments += bytes
      return isUnknown ? [] : [.callArguments(String(decoding: bytes, as: UTF8.self))]
    }
  }

  /// Ends the answer.
  mutating func finish(isCut: Bool) -> [OutputPiece] {
    guard stop == nil else { return [] }
    guard state == .header else { return leave(isCut: isCut) }
    let text = header.parts[0]
    guard !header.isMarked, text.contains(where: { !Self.isSpace($0) }) else { return [] }
    (state, header) = (.text, Header())
    return append(text) + leave(isCut: isCut)
  }

  private mutating func scan() -> [OutputPiece] {
    var pieces: [OutputPiece] = []
    while stop == nil, let finding = scanner.next() {
      switch finding {
      case .text(let bytes): pieces += say(bytes)
      case .pattern(let number, let bytes):
        pieces += say(bytes)
        stop = stops[number]
      }
    }
    return pieces
  }

  private mutating func say(_ bytes: [UInt8]) -> [OutputPiece] {
    guard !bytes.isEmpty else { return [] }
    let text = String(decoding: bytes, as: UTF8.self)
    defer { (hasSaid, isNew) = (true, false) }
    return [.text(isNew && hasSaid ? "\n\n" + text : text)]
  }

  /// The body of a message begins.
  private mutating func enter() -> [OutputPiece] {
    isNew = true
    if parsesCalls, let name = recipient() {
      (state, arguments, isUnknown) = (.call, [], !tools.declare(name))
      unknownCalls += isUnknown ? 1 : 0
      return isUnknown ? [] : [.callBegan(name)]
    }
    state = Self.words(header.parts[1]).first == "analysis" ? .thoughts : .text
    return []
  }

  /// The tool that a header names: `to=functions.NAME`.
  private func recipient() -> String? {
    for word in Self.words(header.parts[0]) + Self.words(header.parts[1]) where word.hasPrefix("to=") {
      let name = word.dropFirst(3)
      let plain = name.hasPrefix("functions.") ? name.dropFirst("functions.".count) : name
      return plain.isEmpty ? nil : String(plain)
    }
    return nil
  }

  /// The message that is open has its end.
  private mutating func leave(isCut: Bool) -> [OutputPiece] {
    var pieces: [OutputPiece] = []
    switch state {
    case .header, .thoughts: break
    // What is held after a stop string is not part of the answer.
    case .text: pieces = stop == nil ? say(scanner.finish()) : []
    case .call: pieces = isUnknown ? say(Array(raw.utf8)) : endCall(isCut: isCut)
    }
    (state, header) = (.header, Header())
    return pieces
  }

  private func endCall(isCut: Bool) -> [OutputPiece] {
    if isCut { return [.callCut(closing: JSONClosing.closing(of: arguments), raw: raw)] }
    if arguments.allSatisfy(Self.isSpace) { return [.callArguments("{}"), .callEnded] }
    guard JSONClosing.isObject(arguments) else { return [.callCut(closing: nil, raw: raw)] }
    return [.callEnded]
  }

  /// All that was written of a call.
  private var raw: String {
    let parts = header.parts.map { String(decoding: $0, as: UTF8.self) }
    return parts[0] + "<|channel|>" + parts[1] + (parts[2].isEmpty ? "" : "<|constrain|>" + parts[2]) + "<|message|>"
      + String(decoding: arguments, as: UTF8.self)
  }

  private static func words(_ bytes: [UInt8]) -> [Substring] {
    String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isWhitespace)
  }

  private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
}
