/// Decides which drafted tokens stay, and which token follows them.
///
/// Temperature 0: a draft stays when it is the target's own choice. Above: speculative sampling (Leviathan, Kalman and
/// Matias 2023; Chen et al. 2023): draft d with probabilities q of the drafter and p of the target stays with
/// probability min(1, p(d)/q(d)); the first that does not is replaced by a token drawn from max(p − q, 0) / Σ; behind
/// an accepted draft a token is drawn from p. So every token is distributed as p.
package struct DraftCheck {
  let sampling: Sampling
  let vocabulary: Int
  private var random: RandomSource
  private var target = Distribution()
  /// The drafter's distributions of the current draft, by place.
  private var drafted: [Distribution] = []
  private var draftedCount = 0
  /// Spent on choosing so far.
  private(set) var time = Duration.zero

  /// - Parameters:
  ///   - sampling: How the target's tokens are chosen.
  ///   - vocabulary: V, how many logits a row has.
  package init(_ sampling: Sampling, vocabulary: Int) {
    self.sampling = sampling
    self.vocabulary = vocabulary
    random = RandomSource(seed: sampling.seed)
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
    return target.draw(&random)
  }

  /// Forgets the last draft's distributions.
  package mutating func beginDraft() { draftedCount = 0 }

  /// A draft token, drawn from the drafter's distribution when sampling, else its largest logit.
  package mutating func draft(_ logits: UnsafePointer<Float>) -> Int { timed { $0.drawn(logits) } }

  private mutating func drawn(_ logits: UnsafePointer<Float>) -> Int {
    if sampling.isGreedy { return Vector.argmax(logits, count: vocabulary) }
    if draftedCount == drafted.count { drafted.append(Distribution()) }
    drafted[draftedCount].set(logits, count: vocabulary, sampling)
    draftedCount += 1
    return drafted[draftedCount - 1].draw(&random)
  }

  /// Whether draft `token` at `place` stays, and if not, or if it is nil (behind the draft), the token that follows.
  /// - Parameters:
  ///   - token: The draft; nil behind the last one.
  ///   - place: Number of the draft in its round, from 0.
  ///   - logits: The target's, [V], at that place.
  package mutating func check(_ token: Int?, place: Int, _ logits: UnsafePointer<Float>) -> (stays: Bool, instead: Int)
  {
    timed { $0.checked(token, place, logits) }
  }

  /// The chance that the target would have taken the first draft, after it chose `token` in its place.
  func agreement(_ draft: Int, with token: Int) -> Double {
    if sampling.isGreedy || draftedCount == 0 { return draft == token ? 1 : 0 }
    let (p, q) = (Double(target[draft]), Double(drafted[0][draft]))
    return q > p ? p / q : 1
  }

  private mutating func checked(_ token: Int?, _ place: Int, _ logits: UnsafePointer<Float>) -> (
    stays: Bool, instead: Int
  ) {
    guard let token else { return (false, chosen(logits)) }
    if sampling.isGreedy {
      let choice = Vector.argmax(logits, count: vocabulary)
      return (choice == token, choice)
    }
    target.set(logits, count: vocabulary, sampling)
    guard place < draftedCount else {
      // The drafter has no distribution: it is certain of its token, q(token) = 1.
      if random.uniform() < Double(target[token]) { return (true, token) }
      var certain = Distribution()
      certain.setCertain(token, count: vocabulary)
      return (false, target.drawResidual(certain, &random))
    }
    let (p, q) = (Double(target[token]), Double(drafted[place][token]))
    if random.uniform() * q < p { return (true, token) }
    return (false, target.drawResidual(drafted[place], &random))
  }
}
