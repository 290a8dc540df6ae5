/// What a text is made of for an automaton: its bytes, and the marks between its parts.
///
/// A mark is a separate token, so that text that merely looks like one is text.
package enum Mark: Int, Sendable, CaseIterable {
  /// `<think>` and `</think>`.
  case thinks = 256
  case thought
  /// `<tool_call>` and `</tool_call>`.
  case calls
  case called
  /// The end of the answer.
  case end

  /// Symbols that there are: bytes and marks, and some that nobody uses.
  static let symbols = 264
}

/// A set of symbols.
struct SymbolSet: Hashable, Sendable {
  private var words = SIMD8<UInt64>(repeating: 0)

  init() {}

  init(_ ranges: ClosedRange<UInt8>...) { for range in ranges { insert(range) } }

  init(_ bytes: some Sequence<UInt8>) { for byte in bytes { insert(Int(byte)) } }

  init(_ mark: Mark) { insert(mark.rawValue) }

  /// Every byte.
  static let bytes = SymbolSet(0...255)

  mutating func insert(_ range: ClosedRange<UInt8>) { for byte in range { insert(Int(byte)) } }

  mutating func insert(_ symbol: Int) { words[symbol >> 6] |= 1 << UInt64(symbol & 63) }

  mutating func remove(_ symbol: Int) { words[symbol >> 6] &= ~(1 << UInt64(symbol & 63)) }

  func contains(_ symbol: Int) -> Bool { words[symbol >> 6] & 1 << UInt64(symbol & 63) != 0 }

  var isEmpty: Bool { words == SIMD8(repeating: 0) }

  func subtracting(_ other: SymbolSet) -> SymbolSet {
    var rest = self
    rest.words &= ~other.words
    return rest
  }
}
