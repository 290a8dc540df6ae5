extension Tokenizer {
  /// The text of ids. Bytes that make no character are read as U+FFFD, one for each longest beginning of a character.
  /// Ids that are not of this tokenizer (a model's padding rows) are left out, as the reference does.
  /// - Parameters:
  ///   - ids: Token ids.
  ///   - skipSpecial: Whether special added tokens are left out.
  public func decode(_ ids: some Sequence<Int>, skipSpecial: Bool = false) -> String {
    var bytes: [UInt8] = []
    for id in ids where !(skipSpecial && isSpecial(id)) { bytes.append(contentsOf: self.bytes(of: id)) }
    return String(decoding: bytes, as: UTF8.self)
  }
}
