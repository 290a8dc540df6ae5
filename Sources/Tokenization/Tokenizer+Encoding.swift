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
    trie.split(bytes, special: special) { part in
      switch part {
      case .token(let token): out.append(token.id)
      case .text(let range):
        let text = UnsafeBufferPointer(rebasing: bytes[range])
        guard !normalizedTrie.isEmpty else { return segments.encode(text, into: &out) }
        // Tokens that are normalized are looked for in what the others left, after its normalization.
        let composed = segments.normalized(text) ?? Array(text)
        composed.withUnsafeBufferPointer { encodeNormalized($0, special, &segments, into: &out) }
      }
    }
    return out
  }

  private func encodeNormalized(
    _ text: UnsafeBufferPointer<UInt8>, _ special: Bool, _ segments: inout SegmentEncoder, into out: inout [Int]
  ) {
    normalizedTrie.split(text, special: special) { part in
      switch part {
      case .token(let token): out.append(token.id)
      case .text(let range): segments.encode(UnsafeBufferPointer(rebasing: text[range]), into: &out)
      }
    }
  }
}
