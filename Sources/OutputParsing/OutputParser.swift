import Tokenization

/// Makes the pieces of an answer of its tokens, one by one: how many come at once changes nothing.
///
/// - Thoughts end at `</think>`, or where a call begins; line ends at both their ends are left out.
/// - White space between the parts of an answer is left out, and kept inside of its text.
/// - Stop strings end the text. They are not looked for in thoughts and calls, and are not part of the answer.
/// - A call may also begin with `<function=NAME>` alone.
/// - Only what names a declared tool is a call; all else between the marks of one is text, marks and all.
/// - Of a model that writes in channels, `ChannelParser` reads the answer.
package struct OutputParser: Sendable {
  private enum State: Equatable { case reasoning, text, call }
  /// What came before white space that is held.
  private enum Before { case nothing, reasoning, call, text }

  private let marks: OutputMarks
  private let tools: [ToolDeclaration]
  private let parsesCalls: Bool
  private let isChat: Bool
  private let stops: [String]
  private let tokenizer: Tokenizer
  private var decoder: IncrementalDecoder
  private var scanner: PatternScanner
  private var state: State
  private var before = Before.nothing
  /// White space at the beginning of a text; line ends at the end of thoughts.
  private var held: [UInt8] = []
  private var call: CallParser
  private var channels: ChannelParser?
  private var pieces: [OutputPiece] = []
  /// The stop string that was found: nothing more is taken.
  package private(set) var stop: String?
  /// Whether the newest token belongs to the text, and neither to thoughts nor to calls.
  package private(set) var isInText = false
  /// Tokens of thoughts.
  package private(set) var reasoningTokens = 0
  /// Calls of tools that nobody declared, which are text.
  package var unknownCalls: Int { pastUnknownCalls + call.unknownCalls + (channels?.unknownCalls ?? 0) }
  /// How many of those came from parsers that are done.
  private var pastUnknownCalls = 0

  /// - Parameters:
  ///   - tokenizer: Whose tokens come.
  ///   - marks: The tokens with a meaning; none for a text that is no chat.
  ///   - isThinking: Whether the answer begins inside of thoughts.
  ///   - tools: The tools that are declared.
  ///   - parsesCalls: Whether calls are looked for; without, they are text.
  ///   - isChat: Whether the answer has parts; else white space stays as it is.
  ///   - stops: Texts that end the answer.
  package init(
    _ tokenizer: Tokenizer, marks: OutputMarks, isThinking: Bool = false, tools: [ToolDeclaration] = [],
    parsesCalls: Bool = true, isChat: Bool = true, stops: [String] = []
  ) {
    self.tokenizer = tokenizer
    self.marks = marks
    self.tools = tools
    self.parsesCalls = parsesCalls
    self.isChat = isChat
    self.stops = stops
    decoder = IncrementalDecoder(tokenizer, skipSpecial: true)
    let bare = parsesCalls ? tools.map { Array("<function=\($0.name)>".utf8) } : []
    scanner = PatternScanner(stops.map { Array($0.utf8) } + bare)
    state = isThinking ? .reasoning : .text
    call = CallParser(tools)
    if isChat, marks.channels != nil { channels = ChannelParser(tools, stops: stops, parsesCalls: parsesCalls) }
  }

  /// Text that the prompt ends with and that counts as the model's own: the beginning of a call.
  package mutating func begin(call text: String) {
    state = .call
    call = CallParser(tools)
    take(Array(text.utf8))
    pieces.removeAll { if case .text = $0 { true } else { false } }
  }

  /// Takes the next token.
  package mutating func append(_ id: Int) -> [OutputPiece] {
    guard stop == nil else { return [] }
    guard channels == nil else {
      appendToChannels(id)
      return flush()
    }
    isInText = state == .text
    if state == .reasoning { reasoningTokens += 1 }
    switch id {
    case marks.thought where state != .call: endThoughts()
    case marks.thinks where state == .text && isChat: beginThoughts()
    case marks.calls where parsesCalls: beginCall()
    case marks.called where parsesCalls && state == .call:
      take(Array(decoder.finish().utf8))
      pieces += call.end(isMarked: true)
      leaveCall()
    case marks.called where parsesCalls && state == .text: break
    default: take(Array(decoder.append(id).utf8))
    }
    return flush()
  }

  /// Ends the answer.
  /// - Parameter isCut: Whether it was cut, and did not end by itself.
  package mutating func finish(isCut: Bool) -> [OutputPiece] {
    guard stop == nil else { return flush() }
    if channels != nil {
      pieces += channels?.append(Array(decoder.finish().utf8)) ?? []
      if let stop = channels?.stop { self.stop = stop }
      pieces += channels?.finish(isCut: isCut) ?? []
      return flush()
    }
    take(Array(decoder.finish().utf8))
    switch state {
    case .reasoning: held = []
    case .call: pieces += isCut ? call.cut() : call.end(isMarked: false)
    case .text:
      say(scanner.finish())
      let rest = before == .call ? [] : before == .reasoning ? Self.withoutLineEnds(held) : held[...]
      if !rest.isEmpty { pieces.append(.text(String(decoding: rest, as: UTF8.self))) }
      held = []
    }
    return flush()
  }

  private mutating func appendToChannels(_ id: Int) {
    let mark = marks.channels?.meaning(of: id)
    if channels?.state == .thoughts { reasoningTokens += 1 }
    isInText = channels?.state == .text && mark == nil
    let text = mark == nil ? decoder.append(id) : decoder.finish()
    pieces += channels?.append(Array(text.utf8)) ?? []
    if let mark { pieces += channels?.append(mark) ?? [] }
    stop = channels?.stop
  }

  private mutating func flush() -> [OutputPiece] {
    defer { pieces = [] }
    return OutputPiece.joined(pieces)
  }

  private mutating func beginThoughts() {
    take(Array(decoder.finish().utf8))
    say(scanner.finish())
    held = []
    state = .reasoning
    isInText = false
    reasoningTokens += 1
  }

  private mutating func endThoughts() {
    take(Array(decoder.finish().utf8))
    // In the text it is one too many, which is left out.
    guard state == .reasoning else { return }
    (held, state, before) = ([], .text, .reasoning)
  }

  private mutating func beginCall() {
    take(Array(decoder.finish().utf8))
    switch state {
    case .text: say(scanner.finish())
    case .call: pieces += call.end(isMarked: false)
    case .reasoning: break
    }
    guard stop == nil else { return }
    isInText = false
    enterCall(CallParser(tools))
  }

  private mutating func enterCall(_ parser: CallParser) {
    pastUnknownCalls += call.unknownCalls
    (held, state, call) = ([], .call, parser)
  }

  private mutating func leaveCall() { (held, state, before) = ([], .text, .call) }

  /// Takes text where it belongs.
  private mutating func take(_ bytes: [UInt8]) {
    guard !bytes.isEmpty else { return }
    switch state {
    case .reasoning: think(bytes)
    case .text:
      scanner.append(bytes)
      scan()
    case .call:
      pieces += call.append(bytes)
      if let rest = call.rest {
        leaveCall()
        take(rest)
      }
    }
  }

  private mutating func scan() {
    while state == .text, stop == nil, let finding = scanner.next() {
      switch finding {
      case .text(let bytes): say(bytes)
      case .pattern(let number, let text):
        say(text)
        if number < stops.count {
          stop = stops[number]
        } else {
          let rest = scanner.finish()
          enterCall(CallParser(tools, isBare: true))
          take(Array("<function=\(tools[number - stops.count].name)>".utf8) + rest)
        }
      }
    }
  }

  private mutating func say(_ bytes: [UInt8]) {
    guard !bytes.isEmpty else { return }
    guard isChat, before != .text else {
      pieces.append(.text(String(decoding: bytes, as: UTF8.self)))
      return
    }
    held += bytes
    guard held.contains(where: { !Self.isSpace($0) }) else { return }
    let text = before == .reasoning ? Self.withoutLineEnds(held) : held[...]
    pieces.append(.text(String(decoding: text, as: UTF8.self)))
    (held, before) = ([], .text)
  }

  private mutating func think(_ bytes: [UInt8]) {
    held += bytes
    let isFirst = !hasThought
    let begin = isFirst ? held.firstIndex { $0 != 0x0A } ?? held.endIndex : held.startIndex
    let end = (held.lastIndex { $0 != 0x0A } ?? -1) + 1
    guard begin < end else {
      if isFirst { held = [] }
      return
    }
    hasThought = true
    pieces.append(.reasoning(String(decoding: held[begin..<end], as: UTF8.self)))
    held.removeFirst(end)
  }
  private var hasThought = false

  private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }

  private static func withoutLineEnds(_ bytes: [UInt8]) -> ArraySlice<UInt8> {
    bytes.drop { $0 == 0x0A || $0 == 0x0D }
  }
}
