/// What a model writes between `<tool_call>` and `</tool_call>`, in either of the two forms; a text that is neither is
/// given back as text, and so is a call of a tool that is not declared: a client could not answer it.
struct CallParser: Sendable {
  private enum State {
    case preamble
    case function(FunctionCallParser)
    case object(ObjectCallParser)
    /// After a call, where another may follow.
    case after
    /// A call whose name was told, and whose arguments are no JSON.
    case broken
    /// No call: everything is kept as it is.
    case raw
  }

  private static let mark = Array("<function=".utf8)

  private let tools: [ToolDeclaration]
  /// Whether the call began without its first mark, so that it ends with `</function>`.
  private let isBare: Bool
  private var state = State.preamble
  /// What is not understood yet.
  private var held: [UInt8] = []
  /// All text since the call began.
  private var raw: [UInt8] = []
  /// Text after a call that began without its mark.
  private(set) var rest: [UInt8]?
  /// Calls of tools that are not declared.
  private(set) var unknownCalls = 0

  init(_ tools: [ToolDeclaration], isBare: Bool = false) {
    self.tools = tools
    self.isBare = isBare
  }

  /// Takes more text.
  mutating func append(_ bytes: some Sequence<UInt8>) -> [OutputPiece] {
    var pieces: [OutputPiece] = []
    var bytes = Array(bytes)
    raw += bytes
    while !bytes.isEmpty {
      switch state {
      case .raw, .broken: return pieces
      case .preamble, .after:
        held += bytes
        bytes = enter()
        continue
      case .function(var parser):
        guard let found = parser.append(bytes) else {
          state = .raw
          return pieces
        }
        guard isDeclared(found) else { return pieces }
        pieces += found
        bytes = parser.isEnded ? parser.rest : []
        state = parser.isEnded ? .after : .function(parser)
      case .object(var parser):
        let found = parser.append(bytes)
        guard isDeclared(found) else { return pieces }
        pieces += found
        bytes = parser.isEnded ? parser.rest : []
        state = parser.isEnded ? .after : .object(parser)
        // A call whose name was told is the client's, though its end makes no sense; before its name it is text.
        if parser.isBroken { state = parser.name == nil ? .raw : .broken }
      }
      guard case .after = state else { continue }
      if isBare {
        rest = bytes
        return pieces
      }
      raw = bytes
    }
    return pieces
  }

  /// Whether a call that begins in these pieces, if any, is one of a declared tool; what is not becomes text.
  private mutating func isDeclared(_ pieces: [OutputPiece]) -> Bool {
    guard case .callBegan(let name)? = pieces.first, !tools.declare(name) else { return true }
    state = .raw
    unknownCalls += 1
    return false
  }

  /// Finds the beginning of a call in `held`, and returns what the call is given.
  private mutating func enter() -> [UInt8] {
    if case .after = state, let start = held.firstIndex(where: { $0 == UInt8(ascii: "<") || $0 == UInt8(ascii: "{") }) {
      // Between calls nothing else has a meaning.
      held.removeFirst(start)
    }
    let text = held.drop { [0x20, 0x09, 0x0A, 0x0D].contains($0) }
    guard let first = text.first else { return [] }
    if text.starts(with: Self.mark) {
      begin(.function(FunctionCallParser(tools)))
      return Array(text.dropFirst(Self.mark.count))
    }
    if first == UInt8(ascii: "{") {
      begin(.object(ObjectCallParser()))
      return Array(text)
    }
    if Self.mark.starts(with: text) { return [] }
    guard case .after = state else {
      state = .raw
      return []
    }
    held = []
    return Array(text.dropFirst())
  }

  private mutating func begin(_ next: State) {
    state = next
    held = []
  }

  /// `</tool_call>`, the beginning of another call, or the end of the text by the model's choice.
  mutating func end(isMarked: Bool) -> [OutputPiece] {
    switch state {
    case .after: return []
    case .function(var parser) where parser.isNamed: return parser.close()
    case .object(let parser) where parser.name != nil:
      guard let closing = parser.closing() else { return [.callCut(closing: nil, raw: whole(isMarked))] }
      return (closing.isEmpty ? [] : [.callArguments(closing)]) + [.callEnded]
    case .broken: return [.callCut(closing: nil, raw: whole(isMarked))]
    default:
      return raw.isEmpty && !isMarked ? [] : [.text(whole(isMarked))]
    }
  }

  /// The end of the text where it was cut.
  func cut() -> [OutputPiece] {
    switch state {
    case .after: []
    case .function(let parser) where parser.isNamed: [.callCut(closing: parser.closing(), raw: whole(false))]
    case .object(let parser) where parser.name != nil: [.callCut(closing: parser.closing(), raw: whole(false))]
    case .broken: [.callCut(closing: nil, raw: whole(false))]
    default: [.text(whole(false))]
    }
  }

  private func whole(_ isMarked: Bool) -> String {
    (isBare ? "" : "<tool_call>") + String(decoding: raw, as: UTF8.self) + (isMarked && !isBare ? "</tool_call>" : "")
  }
}
