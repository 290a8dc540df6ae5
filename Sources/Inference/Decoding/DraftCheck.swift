/// Decides which drafted tokens stay, and which token follows them.
///
/// Temperature 0: a draft stays when it is the target's own choice. Above, too: each token of an answer is drawn from the
/// target's distribution with the random numbers of its place, and a draft stays when it is that token. So every token is
/// distributed as the target's, and none depends on the drafts: not on who drafts, nor how deep, nor whether anybody does.
/// A drafter draws with the random numbers of the same place, so that both draw the same token wherever their
/// distributions agree (drafter-invariant speculative decoding: Daliri, Musco and Suresh, 2024). A draft then stays with
/// at least the chance Σ min(p, q) / Σ max(p, q). Speculative sampling keeps some more, Σ min(p, q), but what it draws
/// follows the drafts, and these follow the clock and the company.
package struct DraftCheck {
  let sampling: Sampling
  let vocabulary: Int
  /// How many tokens were chosen: the place of the next one.
  private var count = 0
  private var target = Distribution()
  private var drafted = Distribution()
  /// Drafts of this round.
  private var draftedCount = 0
  /// Spent on choosing so far.
  private(set) var time = Duration.zero

  /// - Parameters:
  ///   - sampling: How the target's tokens are chosen.
  ///   - vocabulary: V, how many logits a row has.
  package init(_ sampling: Sampling, vocabulary: Int) {
    self.sampling = sampling
    self.vocabulary = vocabulary
  }

  private mutating func timed<T>(_ body: (inout DraftCheck) -> T) -> T {
    let start = ContinuousClock.now
    defer { time += start.duration(to: .now) }
    return body(&self)
  }

  /// A token of the target's own.
  package mutating func choose(_ logits: UnsafePointer<Float>) -> Int { timed { $0.chosen(logits) } }

  private mutating func chosen(_ logits: UnsafePointer<Float>) -> Int {
    if sampling.isGreedy { return Vector.argmax(logits, count: vocabulary) }
    target.set(logits, count: vocabulary, sampling)
    var random = RandomSource(seed: sampling.seed, place: count)
    count += 1
    return target.draw(&random)
  }

  /// Drafts were taken that nobody looked at: the next token has a later place.
  mutating func skip(_ drafts: Int) { count += drafts }

  /// A new round of drafts begins.
  package mutating func beginDraft() { draftedCount = 0 }

  /// A draft token, drawn from the drafter's distribution when sampling, else its largest logit.
  package mutating func draft(_ logits: UnsafePointer<Float>) -> Int { timed { $0.drawn(logits) } }

  private mutating func drawn(_ logits: UnsafePointer<Float>) -> Int {
    if sampling.isGreedy { return Vector.argmax(logits, count: vocabulary) }
    drafted.set(logits, count: vocabulary, sampling)
    var random = RandomSource(seed: sampling.seed, place: count + draftedCount)
    draftedCount += 1
    return drafted.draw(&random)
  }

  /// Whether a draft stays, and if not, or if it is nil (behind the draft), the token that follows.
  /// - Parameters:
  ///   - token: The draft; nil behind the last one.
  ///   - logits: The target's, [V], at its place.
  package mutating func check(_ token: Int?, _ logits: UnsafePointer<Float>) -> (stays: Bool, instead: Int) {
    let choice = choose(logits)
    return (choice == token, choice)
  }
}
