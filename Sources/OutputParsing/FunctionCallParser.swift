import StrictJSON

/// The calls of Qwen3-Coder and Qwen3.5:
///
///     <function=NAME>
///     <parameter=KEY>
///     VALUE
///     </parameter>
///     </function>
///
/// It is given what follows `<function=`. Arguments come as pieces of one JSON object, typed by the declared schema: a
/// string as it grows, everything else when it is whole. What is not well-formed is left out alike, however the text is
/// cut into pieces. A key that comes twice keeps its first value, which may have been sent already.
struct FunctionCallParser: Sendable {
  private enum State: Equatable {
    case name, between, key, value, skipped, ended
  }

  private static let parameter = Array("<parameter=".utf8)
  private static let endOfValue = Array("</parameter>".utf8)
  private static let endOfCall = Array("</function>".utf8)
  private static let call = Array("<function=".utf8)

  private let schemas: [UTF8Name: JSONValue]
  private var state = State.name
  private var typing = ArgumentTyping(nil)
  /// Bytes that were not understood yet.
  private(set) var rest: [UInt8] = []
  private var keys: Set<UTF8Name> = []
  private var key = ""
  /// Whether the first byte of the value was seen; whether it was looked at whether the value is sent as it grows; whether
  /// it is.
  private var hasBegun = false
  private var isSorted = false
  private var streams = false
  private var value: [UInt8] = []
  private var count = 0

  /// - Parameter tools: The schemas by the names of the tools.
  init(_ tools: [ToolDeclaration]) {
    schemas = Dictionary(
      tools.compactMap { tool in tool.parameters.map { (UTF8Name(tool.name), $0) } },
      uniquingKeysWith: { first, _ in first })
  }

  /// Whether the call has its end; ``rest`` is what follows it.
  var isEnded: Bool { state == .ended }
  /// Whether the name is known: before it, a call is only text.
  var isNamed: Bool { state != .name }

  /// Takes more text. Nil when the name is none: what was given is then in ``rest``.
  mutating func append(_ bytes: some Sequence<UInt8>) -> [OutputPiece]? {
    rest += bytes
    var pieces: [OutputPiece] = []
    while true {
      switch state {
      case .name:
        guard let end = rest.firstIndex(of: UInt8(ascii: ">")) else {
          return rest.allSatisfy(Self.isOfName) ? pieces : nil
        }
        guard end > 0, rest[..<end].allSatisfy(Self.isOfName) else { return nil }
        let name = take(end, and: 1)
        typing = ArgumentTyping(schemas[UTF8Name(name)])
        pieces.append(.callBegan(name))
        state = .between
      case .between, .skipped:
        // A call that begins inside of another ends that one.
        guard let found = find(state == .between ? [Self.parameter, Self.endOfCall, Self.call] : Self.ends) else {
          return pieces
        }
        rest.removeFirst(found.start)
        enter(found.pattern, &pieces)
      case .key:
        guard let end = rest.firstIndex(where: { !Self.isOfName($0) }) else { return pieces }
        guard end > 0, rest[end] == UInt8(ascii: ">") else {
          state = .skipped
          continue
        }
        begin(take(end, and: 1), &pieces)
      case .value:
        guard take(&pieces) else { return pieces }
      case .ended: return pieces
      }
    }
  }

  /// The pieces of a call that ends without its mark; the value that is open counts as whole.
  mutating func close() -> [OutputPiece] {
    guard state != .ended, state != .name else { return [] }
    let text = closing()
    state = .ended
    return [.callArguments(text), .callEnded]
  }

  /// What would make the arguments whole.
  func closing() -> String {
    var copy = self
    var pieces: [OutputPiece] = []
    // What is in `rest` is the beginning of a mark, and none of the value.
    if copy.state == .value { copy.finishValue(&pieces) }
    copy.state = .between
    copy.end(&pieces)
    return pieces.map { if case .callArguments(let text) = $0 { text } else { "" } }.joined()
  }

  private static let ends = [endOfValue, parameter, endOfCall]

  private static func isOfName(_ byte: UInt8) -> Bool {
    byte > 0x20 && byte != UInt8(ascii: "<") && byte != UInt8(ascii: ">")
  }

  private mutating func take(_ count: Int, and more: Int) -> String {
    let text = String(decoding: rest[..<count], as: UTF8.self)
    rest.removeFirst(count + more)
    return text
  }

  /// The first of some patterns; nil when there is none, and then only what may be a beginning of one stays in `rest`.
  private mutating func find(_ patterns: [[UInt8]]) -> (start: Int, pattern: [UInt8])? {
    if let found = Self.first(patterns, in: rest) { return found }
    rest.removeFirst(rest.count - Self.open(patterns, in: rest))
    return nil
  }

  private static func first(_ patterns: [[UInt8]], in bytes: [UInt8]) -> (start: Int, pattern: [UInt8])? {
    for start in bytes.indices where bytes[start] == UInt8(ascii: "<") {
      if let pattern = patterns.first(where: { bytes[start...].starts(with: $0) }) { return (start, pattern) }
    }
    return nil
  }

  /// Bytes at the end that may become a pattern.
  private static func open(_ patterns: [[UInt8]], in bytes: [UInt8]) -> Int {
    let longest = patterns.map(\.count).max() ?? 0
    for count in stride(from: min(bytes.count, max(0, longest - 1)), to: 0, by: -1) {
      let end = bytes.suffix(count)
      if patterns.contains(where: { $0.count > count && $0.starts(with: end) }) { return count }
    }
    return 0
  }

  private mutating func enter(_ pattern: [UInt8], _ pieces: inout [OutputPiece]) {
    switch pattern {
    case Self.parameter:
      rest.removeFirst(pattern.count)
      state = .key
    case Self.endOfCall:
      rest.removeFirst(pattern.count)
      end(&pieces)
    case Self.call: end(&pieces)
    default:
      rest.removeFirst(pattern.count)
      state = .between
    }
  }

  private mutating func begin(_ key: String, _ pieces: inout [OutputPiece]) {
    guard keys.insert(UTF8Name(key)).inserted else {
      state = .skipped
      return
    }
    self.key = key
    (hasBegun, isSorted, streams, value, state) = (false, false, false, [], .value)
    pieces.append(.callArguments((count == 0 ? "{" : ",") + JSONText.quoted(key) + ":"))
    count += 1
  }

  /// Takes what is certain of a value; false when more text is needed.
  private mutating func take(_ pieces: inout [OutputPiece]) -> Bool {
    if !hasBegun {
      // One line end after the mark belongs to the mark.
      guard let first = rest.first else { return false }
      if first == 0x0A { rest.removeFirst() }
      hasBegun = true
    }
    if let found = Self.first(Self.ends, in: rest) {
      value += rest[..<found.start]
      rest.removeFirst(found.start)
      finishValue(&pieces)
      enter(found.pattern, &pieces)
      return true
    }
    let certain = rest.count - Self.open(Self.ends, in: rest)
    value += rest[..<certain]
    rest.removeFirst(certain)
    if !isSorted, let first = value.first {
      (isSorted, streams) = (true, typing.isText(key, first: first))
      if streams { pieces.append(.callArguments("\"")) }
    }
    if streams { send(&pieces) }
    return false
  }

  /// Sends what has come of a string, except for a line end that may be the last.
  private mutating func send(_ pieces: inout [OutputPiece]) {
    let last = value.last == 0x0A ? 1 : 0
    guard value.count > last else { return }
    pieces.append(.callArguments(JSONText.escaped(String(decoding: value.dropLast(last), as: UTF8.self))))
    value = Array(value.suffix(last))
  }

  private mutating func finishValue(_ pieces: inout [OutputPiece]) {
    // One line end before the mark belongs to the mark.
    if value.last == 0x0A { value.removeLast() }
    let text = String(decoding: value, as: UTF8.self)
    if streams {
      pieces.append(.callArguments(JSONText.escaped(text) + "\""))
    } else {
      pieces.append(.callArguments(JSONText.compact(typing.value(key, text))))
    }
    value = []
  }

  private mutating func end(_ pieces: inout [OutputPiece]) {
    pieces.append(.callArguments(count == 0 ? "{}" : "}"))
    pieces.append(.callEnded)
    state = .ended
  }
}
