/// The bytes of a model's tokens, and all tokens in the order of their bytes. Made once for a model.
package final class TokenVocabulary: Sendable {
  /// The bytes of all tokens, one after the other, and where those of each id begin. A token that has no text has none.
  let bytes: [UInt8]
  let starts: [Int32]
  /// The ids that have bytes, ordered by them.
  let order: [Int32]
  /// How many bytes each of them begins with like the one before it.
  let shared: [UInt16]
  /// Bytes of the longest token.
  let longest: Int

  /// - Parameters:
  ///   - count: Tokens, by ids from 0.
  ///   - text: The bytes of an id; nil, or none, for one that has no text.
  package init(count: Int, _ text: (Int) -> ArraySlice<UInt8>?) {
    var bytes: [UInt8] = []
    var starts: [Int32] = [0]
    var order: [Int32] = []
    var longest = 0
    for id in 0..<max(0, count) {
      // Longer than any token that a text is made of; and what is compared here has to end.
      if let text = text(id), !text.isEmpty, text.count <= 4_096 {
        bytes += text
        order.append(Int32(id))
        longest = max(longest, text.count)
      }
      starts.append(Int32(bytes.count))
    }
    bytes.withUnsafeBufferPointer { bytes in
      let text = { (id: Int32) in UnsafeBufferPointer(rebasing: bytes[Int(starts[Int(id)])..<Int(starts[Int(id) + 1])])
      }
      order.sort { a, b in
        let (x, y) = (text(a), text(b))
        if x.lexicographicallyPrecedes(y) { return true }
        return a < b && x.elementsEqual(y)
      }
    }
    var shared: [UInt16] = []
    shared.reserveCapacity(order.count)
    for (rank, id) in order.enumerated() {
      guard rank > 0 else {
        shared.append(0)
        continue
      }
      let (a, b) = (Int(starts[Int(order[rank - 1])]), Int(starts[Int(id)]))
      let most = min(Int(starts[Int(order[rank - 1]) + 1]) - a, Int(starts[Int(id) + 1]) - b)
      var common = 0
      while common < most, bytes[a + common] == bytes[b + common] { common += 1 }
      shared.append(UInt16(common))
    }
    (self.bytes, self.starts, self.order, self.shared, self.longest) = (bytes, starts, order, shared, longest)
  }

  /// Where the bytes of an id are; empty for one that has none.
  func range(_ id: Int) -> Range<Int> {
    guard id >= 0, id < starts.count - 1 else { return 0..<0 }
    return Int(starts[id])..<Int(starts[id + 1])
  }
}
