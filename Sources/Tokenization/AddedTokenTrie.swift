/// Finds added tokens in a text: the leftmost, of several at one place the longest.
struct AddedTokenTrie: Sendable {
  private var edges: [UInt64: Int] = [:]
  /// Index of the token that ends at a node, by node.
  private var ends: [Int?] = [nil]
  /// Whether a token begins with a byte.
  private var begins = [Bool](repeating: false, count: 256)
  private let tokens: [AddedToken]

  var isEmpty: Bool { tokens.isEmpty }

  /// - Parameter spelling: How a token is written in the text: its content, or the normalized form of it.
  init(_ tokens: [AddedToken], spelling: (AddedToken) -> [UInt8] = { Array($0.content.utf8) }) {
    self.tokens = tokens
    for (index, token) in tokens.enumerated() {
      var node = 0
      let spelled = spelling(token)
      for byte in spelled {
        let key = Self.key(node, byte)
        if let next = edges[key] {
          node = next
        } else {
          ends.append(nil)
          node = ends.count - 1
          edges[key] = node
        }
      }
      // Among tokens with one normalized form, the first counts.
      if ends[node] == nil { ends[node] = index }
      if let first = spelled.first { begins[Int(first)] = true }
    }
  }

  private static func key(_ node: Int, _ byte: UInt8) -> UInt64 { UInt64(node) << 8 | UInt64(byte) }

  /// The first token at `start` or after, and the offsets of its text.
  func first(in bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> (token: AddedToken, range: Range<Int>)? {
    var index = start
    while index < bytes.count {
      if begins[Int(bytes[index])], let (token, end) = longest(bytes, index) { return (token, index..<end) }
      index += 1
    }
    return nil
  }

  private func longest(_ bytes: UnsafeBufferPointer<UInt8>, _ start: Int) -> (token: AddedToken, end: Int)? {
    var node = 0
    var index = start
    var found: (AddedToken, Int)?
    while index < bytes.count, let next = edges[Self.key(node, bytes[index])] {
      node = next
      index += 1
      if let token = ends[node] { found = (tokens[token], index) }
    }
    return found
  }
}
