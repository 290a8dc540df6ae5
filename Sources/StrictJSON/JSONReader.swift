/// A strict pull reader of one JSON text (RFC 8259), event by event.
///
/// Stricter than the RFC where readers disagree: no byte order mark, no key twice in one object (compared after
/// unescaping, by bytes), no lone surrogate, a depth limit. Depth is counted, there is no recursion. Numbers stay
/// spelled as they are.
public struct JSONReader: Sendable {
  enum State {
    case start, firstKey, firstElement, afterKey, afterValue, finished
  }

  struct Frame {
    let isObject: Bool
    var keys = KeySet()
  }

  let bytes: [UInt8]
  /// The path used in messages.
  public let file: String
  let maxDepth: Int
  private let takesDuplicates: Bool
  /// Bytes of a key that are given: a caller that refuses longer ones is spared a copy of megabytes.
  public var longestKey = Int.max
  var offset = 0
  var line = 1
  var lineStart = 0
  private var state = State.start
  private var stack: [Frame] = []
  private var eventPosition = JSONPosition(line: 1, column: 1, offset: 0)

  /// Prepares to read a whole text.
  /// - Parameters:
  ///   - bytes: The text.
  ///   - file: The path that messages name.
  ///   - maxDepth: Greatest number of open containers.
  ///   - takesDuplicates: Whether a key may come twice in one object: for texts that a model wrote, and no file.
  /// - Throws: ``JSONError/utf8(_:found:)``.
  public init(_ bytes: [UInt8], file: String, maxDepth: Int = 64, takesDuplicates: Bool = false) throws(JSONError) {
    self.bytes = bytes
    self.file = file
    self.maxDepth = maxDepth
    self.takesDuplicates = takesDuplicates
    if let bad = firstInvalidUTF8(in: bytes) {
      let place = JSONPlace(file: file, position: JSONPosition(offset: bad, in: bytes))
      throw .utf8(place, found: "byte 0x" + String(bytes[bad], radix: 16))
    }
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { throw .utf8(place, found: "a byte order mark") }
  }

  /// Position of the first byte of the event returned last.
  public var position: JSONPosition { eventPosition }

  /// Bytes of the whole text.
  public var size: Int { bytes.count }

  /// Number of containers that are open after the event returned last.
  public var depth: Int { stack.count }

  /// The next event; nil once, and forever, after the text's only value has ended and nothing but white space follows.
  /// - Throws: ``JSONError``. The reader must not be used afterwards.
  public mutating func next() throws(JSONError) -> JSONEvent? {
    skipWhitespace()
    eventPosition = here
    switch state {
    case .start, .afterKey: return try value()
    case .firstKey: return byte == UInt8(ascii: "}") ? end(.endObject) : try key()
    case .firstElement: return byte == UInt8(ascii: "]") ? end(.endArray) : try value()
    case .finished: return nil
    case .afterValue: return try afterValue()
    }
  }

  /// Reads on until the value that began with `event` has ended; errors inside it are thrown.
  public mutating func skip(_ event: JSONEvent) throws(JSONError) {
    guard event == .beginObject || event == .beginArray else { return }
    let outside = stack.count - 1
    while stack.count > outside, try next() != nil {}
  }

  private mutating func afterValue() throws(JSONError) -> JSONEvent? {
    guard let isObject = stack.last?.isObject else {
      guard byte == nil else { throw .syntax(place, expected: "the end of the text", found: found) }
      state = .finished
      return nil
    }
    if byte == UInt8(ascii: ",") {
      offset += 1
      skipWhitespace()
      eventPosition = here
      return isObject ? try key() : try value()
    }
    if isObject, byte == UInt8(ascii: "}") { return end(.endObject) }
    if !isObject, byte == UInt8(ascii: "]") { return end(.endArray) }
    throw .syntax(place, expected: isObject ? "`,` or `}`" : "`,` or `]`", found: found)
  }

  private mutating func key() throws(JSONError) -> JSONEvent {
    guard byte == UInt8(ascii: "\"") else { throw .syntax(place, expected: "a key in double quotes", found: found) }
    let keyPlace = place
    let key = try readString(upTo: longestKey)
    if !takesDuplicates, !stack.isEmpty, !stack[stack.count - 1].keys.insert(key) {
      throw .duplicateKey(keyPlace, key: key)
    }
    skipWhitespace()
    guard byte == UInt8(ascii: ":") else { throw .syntax(place, expected: "`:`", found: found) }
    offset += 1
    state = .afterKey
    return .key(key)
  }

  private mutating func value() throws(JSONError) -> JSONEvent {
    switch byte {
    case UInt8(ascii: "{"): return try begin(.beginObject, .firstKey)
    case UInt8(ascii: "["): return try begin(.beginArray, .firstElement)
    case UInt8(ascii: "\""):
      state = .afterValue
      return .string(try readString())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    default:
      state = .afterValue
      return .number(try readNumber())
    }
  }

  private mutating func begin(_ event: JSONEvent, _ next: State) throws(JSONError) -> JSONEvent {
    guard stack.count < maxDepth else { throw .depth(place, limit: maxDepth) }
    stack.append(Frame(isObject: event == .beginObject))
    offset += 1
    state = next
    return event
  }

  private mutating func end(_ event: JSONEvent) -> JSONEvent {
    stack.removeLast()
    offset += 1
    state = .afterValue
    return event
  }

  private mutating func word(_ word: String, _ event: JSONEvent) throws(JSONError) -> JSONEvent {
    guard bytes[offset...].starts(with: word.utf8) else { throw .syntax(place, expected: "a value", found: found) }
    offset += word.utf8.count
    state = .afterValue
    return event
  }
}
