extension Tokenizer {
  /// The ids of a text.
  /// - Parameters:
  ///   - text: The text.
  ///   - special: Whether the text of a special token is that token. Without, it is ordinary text: for what a user
  ///     wrote. Added tokens that are not special (`<think>`) are found either way.
  public func encode(_ text: String, special: Bool = true) -> [Int] {
    var text = text
    return text.withUTF8 { encode($0, special: special) }
  }

  /// The ids of a text given as UTF-8. What is ill-formed is read as U+FFFD, one for each longest beginning of a
  /// character, as Python's `errors="replace"` does.
  public func encode(_ bytes: [UInt8], special: Bool = true) -> [Int] {
    // Decoding repairs; on well-formed text it changes nothing.
    encode(String(decoding: bytes, as: UTF8.self), special: special)
  }

  /// The ids of a text in which no added token is looked for, special or not.
  func encodePlain(_ text: String) -> [Int] {
    var text = text
    return text.withUTF8 { bytes in
      var out: [Int] = []
      var segments = SegmentEncoder(self)
      segments.encode(bytes, into: &out)
      return out
    }
  }

  private func encode(_ bytes: UnsafeBufferPointer<UInt8>, special: Bool) -> [Int] {
    var out: [Int] = []
    out.reserveCapacity(bytes.count / 3)
    var segments = SegmentEncoder(self)
    var start = 0
    var search = 0
    while let (token, range) = trie.first(in: bytes, from: search) {
      search = range.upperBound
      if token.isSpecial, !special { continue }
      segments.encode(UnsafeBufferPointer(rebasing: bytes[start..<range.lowerBound]), into: &out)
      out.append(token.id)
      start = range.upperBound
    }
    segments.encode(UnsafeBufferPointer(rebasing: bytes[start...]), into: &out)
    return out
  }
}
