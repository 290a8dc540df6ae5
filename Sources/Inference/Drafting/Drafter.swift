/// What proposes tokens for the target to check. All drafters share the target's pass that checks a draft, and the way
/// back from what it refused: a drafter only reads, so it can change how fast tokens come and none of them.
package protocol Drafter: AnyObject {
  /// Rows of the drafter's own passes since it was made.
  var rowsRun: Int { get }

  /// Layers of the target after which it wants the residual stream (``KeptRows/taps``).
  var tappedLayers: [Int] { get }

  /// Numbers that it has room for: its caches, and what waits.
  var numbers: Int { get }

  /// Ids that may be drafted; nil for the whole vocabulary.
  var draftVocabulary: Int? { get }

  /// A decoding begins, of a prompt whose rows are observed next, as far as they are not yet.
  /// - Parameters:
  ///   - tokens: The prompt.
  ///   - shortlist: See `DecodingOptions.draftShortlist`.
  ///   - prediction: See `DecodingOptions.prediction`.
  func begin(_ tokens: [Int], shortlist: Int, prediction: [Int])

  /// The target has kept rows. Provisional rows of the last draft are dropped.
  ///
  /// What `rows` points to may be in the engine's working memory: it is copied before a pass of the engine's own.
  func observe(_ rows: KeptRows)

  /// What it could copy next, for drafters that know before they draft; nil for all others.
  var copyable: CopyableText? { get }

  /// Proposes up to `request.count` tokens after the last observed one: appends them to `drafts`, which is empty.
  /// - Parameters:
  ///   - request: How many tokens are wanted, and where.
  ///   - drafts: Takes the proposed tokens.
  ///   - choose: Chooses a token from draft logits [V] and remembers the distribution when sampling.
  func draft(_ request: DraftRequest, into drafts: inout [Int], choose: (UnsafePointer<Float>) -> Int)

  /// Another token than the one observed follows the last row: a prompt goes on differently than it was decoded.
  func replaceLast(token: Int, embedding: UnsafePointer<Float>?)

  /// The head's drafter in it, when drafts of several sequences may be made in one go (`MTPDrafter`).
  var together: MTPDrafter? { get }

  /// What becomes of a token that was chosen in such a draft, at a place from 0.
  func said(_ token: Int, place: Int) -> Int

  /// A separate drafter that has observed the same rows, for a session on another engine.
  func copy(engine: TextEngine) -> any Drafter

  /// The same for another decoding, without what only this one was told: with caches that have room for so many
  /// positions, or for those held when they are more.
  func copy(engine: TextEngine, positions: Int) -> any Drafter

  /// Numbers of a copy that has no more room than it needs.
  var heldNumbers: Int { get }
}

extension Drafter {
  package var tappedLayers: [Int] { [] }
  package var numbers: Int { 0 }
  package var heldNumbers: Int { numbers }
  package func copy(engine: TextEngine, positions: Int) -> any Drafter { copy(engine: engine) }
  package var draftVocabulary: Int? { nil }
  package var copyable: CopyableText? { nil }
  package var together: MTPDrafter? { nil }
  package func said(_ token: Int, place: Int) -> Int { token }
  package func begin(_ tokens: [Int], shortlist: Int, prediction: [Int]) {}
}

/// Rows that the target has run and kept.
package struct KeptRows {
  /// Tokens of the rows.
  package let tokens: ArraySlice<Int>
  /// The token that follows each row, with its embedding if that is given, and the row's position.
  package let pairs: PassRows
  /// The hidden state that the head takes, of each row: [rows, H].
  package let hidden: UnsafePointer<Float>
  /// The residual streams of the pass.
  package let taps: TappedRows
  /// The first of the rows in the pass.
  package var first = 0

  /// How many rows there are.
  package var count: Int { pairs.count }
}

/// What a round wants of a drafter.
package struct DraftRequest {
  /// Most tokens that are proposed; at least 1.
  package var count: Int
  /// Tokens that the decoding may still return beside the target's own next one; at least `count`.
  package var room: Int
  /// The position of the last observed token, on all axes.
  package var position: Int

  /// A request for at least one token, after the last that was observed.
  package init(count: Int, room: Int, position: Int) {
    self.count = count
    self.room = room
    self.position = position
  }
}

/// Text that continues an earlier place where the same tokens occurred.
package struct CopyableText: Equatable {
  /// Tokens before the new one that are the same there.
  package var matched: Int
  /// Tokens that can be copied.
  package var count: Int

  /// A place that matches, with what follows it.
  package init(matched: Int, count: Int) {
    self.matched = matched
    self.count = count
  }
}
