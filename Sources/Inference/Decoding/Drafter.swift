/// What proposes tokens for the target to check.
package protocol Drafter: AnyObject {
  /// Rows of the drafter's own passes since it was made.
  var rowsRun: Int { get }

  /// The target has kept rows: the token that follows each of them, the row's position, and the hidden state that the
  /// target had there, [rows, H]. Provisional rows of the last draft are dropped.
  func observe(_ rows: PassRows, hidden: UnsafePointer<Float>)

  /// Proposes up to `count` tokens behind the last observed one: appends them to `drafts`, which is empty.
  /// - Parameters:
  ///   - count: Most tokens that are proposed.
  ///   - position: Of the last observed token, on all axes.
  ///   - drafts: Takes the proposed tokens.
  ///   - choose: Chooses a token from draft logits [V] and remembers the distribution when sampling.
  func draft(_ count: Int, position: Int, into drafts: inout [Int], choose: (UnsafePointer<Float>) -> Int)

  /// Another token than the one observed follows the last row: a prompt goes on differently than it was decoded.
  func replaceLast(token: Int, embedding: UnsafePointer<Float>?)

  func copy(engine: TextEngine) -> any Drafter
}
