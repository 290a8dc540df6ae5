/// Finds a text in texts, in time proportional to their lengths (Knuth, Morris and Pratt): a hostile template must not
/// gain by the choice of what is looked for.
struct BytePattern {
  let bytes: [UInt8]
  /// The length of the longest shorter beginning that is also its end, for each length of a matched beginning.
  private let fallback: [Int]

  init(_ text: String) { self.init(bytes: Array(text.utf8)) }

  init(bytes: [UInt8]) {
    self.bytes = bytes
    var fallback = [0, 0]
    var length = 0
    for index in bytes.indices.dropFirst() {
      while length > 0, bytes[index] != bytes[length] { length = fallback[length] }
      if bytes[index] == bytes[length] { length += 1 }
      fallback.append(length)
    }
    self.fallback = fallback
  }

  /// Where the text begins at or after `start`.
  func firstMatch(in text: [UInt8], from start: Int) -> Int? {
    text.withUnsafeBufferPointer { firstMatch(in: $0, from: start) }
  }

  /// Where the text begins at or after `start`.
  func firstMatch(in text: UnsafeBufferPointer<UInt8>, from start: Int) -> Int? {
    guard !bytes.isEmpty else { return start <= text.count ? start : nil }
    var matched = 0
    var index = start
    while index < text.count {
      while matched > 0, text[index] != bytes[matched] { matched = fallback[matched] }
      if text[index] == bytes[matched] { matched += 1 }
      index += 1
      if matched == bytes.count { return index - matched }
    }
    return nil
  }
}
