import StrictJSON

/// The calls of Hermes, Qwen2.5 and Qwen3: `{"name": …, "arguments": {…}}`.
///
/// It is given the text from the brace on. The characters of the arguments are passed on as they come; `parameters` is as
/// good as `arguments`, and a string that holds JSON as good as an object.
struct ObjectCallParser: Sendable {
  private enum State: Equatable {
    case start, beforeKey, key, afterKey, beforeValue, string, container, scalar, ended
  }

  private var state = State.start
  private(set) var name: String?
  /// Bytes after the end.
  private(set) var rest: [UInt8] = []
  private var key = ""
  /// The bytes of the key or value that is read.
  private var token: [UInt8] = []
  private var isEscaped = false
  private var isInString = false
  /// The brackets that are open inside of the value.
  private var open: [UInt8] = []
  /// All bytes of the arguments, and how many of them were passed on.
  private var arguments: [UInt8] = []
  private var passed = 0
  private var hasArguments = false

  /// Whether the object has its end.
  var isEnded: Bool { state == .ended }

  /// Whether it is no such object, as far as it was read.
  private(set) var isBroken = false

  /// Takes more text.
  mutating func append(_ bytes: some Sequence<UInt8>) -> [OutputPiece] {
    var pieces: [OutputPiece] = []
    for byte in bytes where !isBroken { isBroken = !read(byte, &pieces) }
    pass(&pieces)
    return pieces
  }

  /// Whether arguments are made whole by what this returns; nil when nothing does.
  func closing() -> String? {
    guard name != nil else { return nil }
    guard hasArguments || !arguments.isEmpty else { return "{}" }
    guard !hasArguments else { return "" }
    guard state == .container else { return nil }
    var text = isEscaped ? [UInt8(ascii: "\\")] : []
    if isInString { text.append(UInt8(ascii: "\"")) }
    text += open.reversed().map { $0 == UInt8(ascii: "{") ? UInt8(ascii: "}") : UInt8(ascii: "]") }
    guard (try? JSONValue.parse(arguments + text, file: "arguments", maxValues: 1 << 16)) != nil else { return nil }
    return String(decoding: arguments[passed...] + text, as: UTF8.self)
  }

  private var isArguments: Bool { key == "arguments" || key == "parameters" }

  private static func isSpace(_ byte: UInt8) -> Bool { [0x20, 0x09, 0x0A, 0x0D].contains(byte) }

  private mutating func read(_ byte: UInt8, _ pieces: inout [OutputPiece]) -> Bool {
    switch state {
    case .start:
      guard byte == UInt8(ascii: "{") else { return Self.isSpace(byte) }
      state = .beforeKey
    case .beforeKey:
      if byte == UInt8(ascii: "\"") {
        begin(.key, byte)
      } else if byte == UInt8(ascii: "}") {
        return end(&pieces)
      } else {
        return Self.isSpace(byte) || byte == UInt8(ascii: ",")
      }
    case .key, .string:
      token.append(byte)
      guard endsString(byte) else { return true }
      guard state == .key else { return finishValue(&pieces) }
      guard let text = Self.text(token) else { return false }
      key = text
      state = .afterKey
    case .afterKey:
      guard byte == UInt8(ascii: ":") else { return Self.isSpace(byte) }
      state = .beforeValue
    case .beforeValue:
      if Self.isSpace(byte) { return true }
      switch byte {
      case UInt8(ascii: "\""): begin(.string, byte)
      case UInt8(ascii: "{"), UInt8(ascii: "["):
        begin(.container, byte)
        open = [byte]
        collect(byte)
      default: begin(.scalar, byte)
      }
    case .container:
      token.append(byte)
      collect(byte)
      return readContainer(byte, &pieces)
    case .scalar:
      guard Self.isSpace(byte) || byte == UInt8(ascii: ",") || byte == UInt8(ascii: "}") else {
        token.append(byte)
        return true
      }
      guard finishValue(&pieces) else { return false }
      return byte == UInt8(ascii: "}") ? end(&pieces) : true
    case .ended: rest.append(byte)
    }
    return true
  }

  private mutating func begin(_ state: State, _ byte: UInt8) {
    self.state = state
    token = [byte]
    (isEscaped, isInString) = (false, false)
  }

  private mutating func collect(_ byte: UInt8) { if isArguments, !hasArguments { arguments.append(byte) } }

  private mutating func endsString(_ byte: UInt8) -> Bool {
    if isEscaped {
      isEscaped = false
      return false
    }
    isEscaped = byte == UInt8(ascii: "\\")
    return byte == UInt8(ascii: "\"")
  }

  private mutating func readContainer(_ byte: UInt8, _ pieces: inout [OutputPiece]) -> Bool {
    if isInString {
      if endsString(byte) { isInString = false }
      return true
    }
    switch byte {
    case UInt8(ascii: "\""): isInString = true
    case UInt8(ascii: "{"), UInt8(ascii: "["): open.append(byte)
    case UInt8(ascii: "}"), UInt8(ascii: "]"):
      guard open.last == (byte == UInt8(ascii: "}") ? UInt8(ascii: "{") : UInt8(ascii: "[")) else { return false }
      open.removeLast()
      if open.isEmpty { return finishValue(&pieces) }
    default: break
    }
    return true
  }

  private mutating func finishValue(_ pieces: inout [OutputPiece]) -> Bool {
    let kind = state
    state = .beforeKey
    if key == "name" {
      guard kind == .string, name == nil, let text = Self.text(token), !text.isEmpty else { return false }
      name = text
      pieces.append(.callBegan(text))
    } else if isArguments, !hasArguments {
      switch kind {
      case .string:
        guard let text = Self.text(token) else { return false }
        let held = try? JSONValue.parse(Array(text.utf8), file: "arguments", maxValues: 1 << 16)
        arguments = held?.members == nil ? token : Array(text.utf8)
      case .scalar:
        guard let value = try? JSONValue.parse(token, file: "arguments", maxValues: 1) else { return false }
        arguments = value.isNull ? Array("{}".utf8) : token
      default: break
      }
      hasArguments = true
    }
    return true
  }

  /// Passes on what came of the arguments, as soon as it is known whose they are.
  private mutating func pass(_ pieces: inout [OutputPiece]) {
    guard name != nil, passed < arguments.count else { return }
    let text = OutputPiece.callArguments(String(decoding: arguments[passed...], as: UTF8.self))
    passed = arguments.count
    // The end of the object may have come in the same piece.
    if pieces.last == .callEnded { pieces.insert(text, at: pieces.count - 1) } else { pieces.append(text) }
  }

  private mutating func end(_ pieces: inout [OutputPiece]) -> Bool {
    guard name != nil else { return false }
    if !hasArguments {
      arguments = Array("{}".utf8)
      hasArguments = true
    }
    state = .ended
    pieces.append(.callEnded)
    return true
  }

  private static func text(_ token: [UInt8]) -> String? {
    (try? JSONValue.parse(token, file: "call", maxValues: 1))?.stringValue
  }
}
