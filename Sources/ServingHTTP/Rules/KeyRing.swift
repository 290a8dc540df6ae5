import Crypto

/// The keys that clients may use. What is kept and compared are digests, all of them each time, without a way out in
/// between: how long a comparison takes tells nothing of a key.
package struct KeyRing: Sendable {
  private let digests: [[UInt8]]

  /// - Parameter keys: The keys; empty ones are none.
  package init(_ keys: [String]) { digests = keys.filter { !$0.isEmpty }.map(Self.digest) }

  /// Keys of a text with one on each line; lines that begin with `#` are for people.
  package init(lines text: String) {
    self.init(
      // A mark of the byte order is no part of a key.
      text.drop { $0 == "\u{FEFF}" }.split(whereSeparator: \.isNewline).map { $0.trimmingPrefix(while: \.isWhitespace) }
        .filter { !$0.hasPrefix("#") }
        .map { line in
          var line = line
          while line.last?.isWhitespace == true { line.removeLast() }
          return String(line)
        })
  }

  /// Whether there is none, so that nobody needs one.
  package var isEmpty: Bool { digests.isEmpty }

  /// A ring with the keys of both.
  package static func + (a: KeyRing, b: KeyRing) -> KeyRing { KeyRing(digests: a.digests + b.digests) }

  private init(digests: [[UInt8]]) { self.digests = digests }

  /// Whether a key is one of them.
  package func contains(_ key: String) -> Bool {
    let digest = Self.digest(key)
    var isFound: UInt8 = 0
    for other in digests {
      var difference: UInt8 = 0
      for index in digest.indices { difference |= digest[index] ^ other[index] }
      // 1 where the difference is 0, without a branch.
      isFound |= UInt8((UInt16(difference) &- 1) >> 15)
    }
    return isFound == 1
  }

  private static func digest(_ key: String) -> [UInt8] { Array(SHA256.hash(data: Array(key.utf8))) }
}
