/// Decides which drafted tokens stay, and which token follows them.
///
/// Temperature 0: the target's choice is its largest logit. Above: a token is drawn by `Distribution.draw` with the
/// noise of its place in the text, and of nothing else. A draft stays when it is the target's choice. So the text is that
/// of plain decoding with the same seed, token by token, whoever drafts, and however many drafts there are.
///
/// Drafts are drawn with the same noise, which lets them agree as often as two parties can that do not know of each other
/// (Daliri, Musco and Suresh, "Coupling without communication and drafter-invariant speculative decoding", 2024): with
/// probabilities q of the drafter and p of the target, token i is the choice of both with the chance
/// 1 / Σⱼ max(pⱼ/pᵢ, qⱼ/qᵢ). Speculative sampling (Leviathan, Kalman and Matias, 2023) would keep some more drafts, and yield
/// another text with each way of drafting.
package struct DraftCheck {
  let sampling: Sampling
  let vocabulary: Int
  private var target = Distribution()
  private var drafter = Distribution()
  /// Chooses tokens under a constraint.
  var constrained: ConstrainedChoice
  /// The index that the next draft would have among the tokens decoded.
  private var nextDraft = 0
  /// Time spent on choosing so far.
  private(set) var time = Duration.zero

  /// - Parameters:
  ///   - sampling: How the target's tokens are chosen.
  ///   - vocabulary: V, how many logits a row has.
  package init(_ sampling: Sampling, vocabulary: Int) {
    self.sampling = sampling
    self.vocabulary = vocabulary
    constrained = ConstrainedChoice(sampling, vocabulary: vocabulary)
  }

  mutating func timed<T>(_ body: (inout DraftCheck) -> T) -> T {
    let start = ContinuousClock.now
    defer { time += start.duration(to: .now) }
    return body(&self)
  }

  /// The token that the target itself chooses.
  /// - Parameters:
  ///   - logits: Logits of the target, [V].
  ///   - index: The token's index among those decoded, from 0.
  package mutating func choose(_ logits: UnsafePointer<Float>, at index: Int) -> Int {
    timed { $0.chosen(logits, index) }
  }

  private mutating func chosen(_ logits: UnsafePointer<Float>, _ index: Int) -> Int {
    if sampling.isGreedy { return Vector.argmax(logits, count: vocabulary) }
    target.set(logits, count: vocabulary, sampling)
    return target.draw(SamplingNoise(seed: sampling.seed, index: index))
  }

  /// The next draft is for the token of this index among those decoded.
  package mutating func beginDraft(at index: Int) { nextDraft = index }

  /// A draft token, drawn from the drafter's distribution when sampling, else its largest logit.
  package mutating func draft(_ logits: UnsafePointer<Float>) -> Int { timed { $0.drawn(logits) } }

  private mutating func drawn(_ logits: UnsafePointer<Float>) -> Int {
    if sampling.isGreedy { return Vector.argmax(logits, count: vocabulary) }
    drafter.set(logits, count: vocabulary, sampling)
    defer { nextDraft += 1 }
    return drafter.draw(SamplingNoise(seed: sampling.seed, index: nextDraft))
  }

  /// Whether a draft stays; if not, or if it is nil (after the draft), the token that follows.
  /// - Parameters:
  ///   - token: The draft; nil after the last one.
  ///   - index: The token's index among those decoded, from 0.
  ///   - logits: Logits of the target, [V], at that place.
  package mutating func check(_ token: Int?, at index: Int, _ logits: UnsafePointer<Float>) -> (
    stays: Bool, instead: Int
  ) {
    let choice = choose(logits, at: index)
    return (choice == token, choice)
  }
}
