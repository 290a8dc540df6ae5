/// Decodes ids one by one: what it returns, joined, is what ``Tokenizer/decode(_:skipSpecial:)`` returns for all.
///
/// A character whose bytes are spread over several tokens is held back until it is complete, or until it is certain
/// that it never will be.
public struct IncrementalDecoder: Sendable {
  private let tokenizer: Tokenizer
  private let skipSpecial: Bool
  private var held: [UInt8] = []

  /// - Parameters:
  ///   - tokenizer: Whose ids are decoded.
  ///   - skipSpecial: Whether special added tokens are left out.
  public init(_ tokenizer: Tokenizer, skipSpecial: Bool = false) {
    self.tokenizer = tokenizer
    self.skipSpecial = skipSpecial
  }

  /// Takes the next id; returns the text that is certain now and was not before, often none.
  public mutating func append(_ id: Int) -> String {
    if skipSpecial, tokenizer.isSpecial(id) { return "" }
    held.append(contentsOf: tokenizer.bytes(of: id))
    let complete = held.count - Self.incompleteLength(held)
    let text = String(decoding: held[..<complete], as: UTF8.self)
    held.removeFirst(complete)
    return text
  }

  /// Ends the text: what is held back never became a character.
  public mutating func finish() -> String {
    let text = String(decoding: held, as: UTF8.self)
    held = []
    return text
  }

  /// Length of the beginning of a character at the end of `bytes`, 0 to 3.
  private static func incompleteLength(_ bytes: [UInt8]) -> Int {
    for length in 1...3 where length <= bytes.count {
      let lead = bytes[bytes.count - length]
      if lead & 0xC0 == 0x80 { continue }
      let need =
        switch lead {
        case 0xC2...0xDF: 2
        case 0xE0...0xEF: 3
        case 0xF0...0xF4: 4
        default: 1
        }
      guard length < need else { return 0 }
      return length == 1 || allowsSecond(lead, bytes[bytes.count - length + 1]) ? length : 0
    }
    return 0
  }

  /// Whether a character that begins with `lead` can go on with the continuation byte `second`.
  private static func allowsSecond(_ lead: UInt8, _ second: UInt8) -> Bool {
    switch lead {
    case 0xE0: second >= 0xA0
    case 0xED: second <= 0x9F
    case 0xF0: second >= 0x90
    case 0xF4: second <= 0x8F
    default: true
    }
  }
}
