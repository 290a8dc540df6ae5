import StrictJSON

/// Keeps apart the control tokens that a template writes and those that occur in what it is given, as
/// `sanitize_control_tokens` of transformers does: the latter are marked before rendering, and encoded as ordinary text
/// after it. Marks are two private-use characters, which are taken out of the input first.
struct ControlTokens {
  private static let begin: Unicode.Scalar = "\u{F0000}"
  private static let end: Unicode.Scalar = "\u{F0001}"

  private let trie: AddedTokenTrie
  /// Whether texts are normalized before they are searched: a control token that is looked for in the normalized text could be
  /// spelled otherwise in a message.
  private let normalizes: Bool
  private let keysToo: Bool

  /// - Parameters:
  ///   - tokenizer: Its special tokens are control tokens, as are those other added ones that the template writes out.
  ///   - keysToo: Whether they are marked in the keys of objects, too.
  ///   - isWrittenOut: Whether the template writes out a text.
  init(_ tokenizer: Tokenizer, keysToo: Bool = false, isWrittenOut: (String) -> Bool) {
    self.keysToo = keysToo
    let tokens = tokenizer.addedTokens.filter { $0.isSpecial || isWrittenOut($0.content) }
    normalizes = tokenizer.normalizes && tokens.contains(where: \.isNormalized)
    let composes = normalizes
    trie = AddedTokenTrie(tokens) { token in
      let content = Array(token.content.utf8)
      return composes && token.isNormalized ? Normalizer.composed(content) : content
    }
  }

  /// The value with every control token in its strings marked.
  func marked(_ value: JSONValue) -> JSONValue {
    switch value.content {
    case .string(let text): JSONValue(.string(marked(text)), position: value.position)
    case .array(let elements): JSONValue(.array(elements.map(marked)), position: value.position)
    case .object(let members):
      JSONValue(
        .object(
          members.map { member in
            JSONValue.Member(
              key: keysToo ? marked(member.key) : member.key, value: marked(member.value), position: member.position)
          }),
        position: value.position)
    default: value
    }
  }

  private func marked(_ text: String) -> String {
    var plain = String.UnicodeScalarView()
    plain.append(contentsOf: text.unicodeScalars.filter { $0 != Self.begin && $0 != Self.end })
    var out: [UInt8] = []
    var start = 0
    let bytes = normalizes ? Normalizer.composed(Array(String(plain).utf8)) : Array(String(plain).utf8)
    bytes.withUnsafeBufferPointer { bytes in
      while let (_, range) = trie.first(in: bytes, from: start) {
        out += bytes[start..<range.lowerBound]
        out += Array(String(Self.begin).utf8) + bytes[range] + Array(String(Self.end).utf8)
        start = range.upperBound
      }
      out += bytes[start...]
    }
    return String(decoding: out, as: UTF8.self)
  }

  /// The ids of a rendered text: what is between two marks as ordinary text, the rest with its tokens. A mark that lost its
  /// other half, where a template took a text apart, goes; the texts on both its sides do not become one token.
  func encode(_ text: String, with tokenizer: Tokenizer) -> [Int] {
    var ids: [Int] = []
    var rest = text.unicodeScalars[...]
    while let mark = rest.firstIndex(where: { $0 == Self.begin || $0 == Self.end }) {
      ids += tokenizer.encode(String(rest[..<mark]), special: true)
      let behind = rest.index(after: mark)
      let inside = rest[behind...].prefix { $0 != Self.begin && $0 != Self.end }
      if rest[mark] == Self.begin, inside.endIndex < rest.endIndex, rest[inside.endIndex] == Self.end, isToken(inside) {
        ids += tokenizer.encodePlain(String(inside))
        rest = rest[rest.index(after: inside.endIndex)...]
      } else {
        rest = rest[behind...]
      }
    }
    return ids + tokenizer.encode(String(rest), special: true)
  }

  private func isToken(_ scalars: Substring.UnicodeScalarView) -> Bool {
    let bytes = Array(String(scalars).utf8)
    return bytes.withUnsafeBufferPointer { trie.first(in: $0, from: 0)?.range == 0..<bytes.count }
  }
}
