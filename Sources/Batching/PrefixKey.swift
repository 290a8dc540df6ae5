import Digests
import Inference

/// The key by which the beginning of a sequence is found again: its tokens, their positions, what replaces some of
/// them, who drafts, and a word of whoever asks.
package struct PrefixKey: Sendable {
  let prompt: Prompt
  let method: DecodingMethod
  /// Sequences with different ones share nothing.
  let salt: String
  /// Lengths at which the prompt's beginning is kept, ascending.
  let marks: [Int]
  /// Digests of the rows that replace tokens, by token.
  private let rows: [Int: SHA256Digest]

  /// - Parameters:
  ///   - prompt: The prompt.
  ///   - method: How it is decoded.
  ///   - salt: Sequences with different ones share nothing.
  ///   - options: What is kept.
  package init(_ prompt: Prompt, _ method: DecodingMethod, salt: String = "", _ options: PrefixCacheOptions) {
    self.prompt = prompt
    self.method = method
    self.salt = salt
    marks = options.marks(of: prompt.tokens)
    rows = prompt.embeddings.mapValues { row in row.withUnsafeBytes { SHA256Digest.of($0) } }
  }

  /// What tells the first `count` tokens of the sequence from the same tokens elsewhere or with other rows in their
  /// place; nil for nothing but tokens, each at the position of its number.
  func stamp(_ count: Int) -> SHA256Digest? {
    let isText = { (index: Int) in rows[index] == nil && prompt.position(index) == TokenPosition(index) }
    guard !prompt.isText, !(0..<count).allSatisfy(isText) else { return nil }
    var hash = SHA256Stream()
    for index in 0..<count {
      let place = prompt.position(index)
      for axis in [place.time, place.height, place.width] { withUnsafeBytes(of: axis) { hash.update($0) } }
      let row = rows[index]
      hash.update([row == nil ? 0 : 1] + (row?.bytes ?? []))
    }
    return hash.finish()
  }
}
