/// A token that the target itself chooses under a constraint: the one that it would choose if all tokens that may not come
/// had logits of −∞: the filters (top k, top p, min p) see what the constraint has left.
///
/// All tokens are asked about only where a few do not do: the likeliest one is mostly allowed.
///
/// - Greedy: the largest logits one after another, and the first that is allowed.
/// - Drawn without filters: the winner of the race (``Distribution/draw(_:)``), and the next, to the first that is allowed.
/// - With top k: the likeliest tokens one after another until k of them are allowed; the other filters look at these.
/// - With top p or min p alone, and wherever that was not enough: all tokens are asked about.
struct ConstrainedChoice {
  /// How many are asked about one by one: each costs a look at all logits.
  private static let attempts = 4
  /// The largest k whose tokens are found one by one, and how many more are looked at than k.
  private static let (mostCandidates, more) = (128, 64)

  private let sampling: Sampling
  private let vocabulary: Int
  /// The logits of the row, without those of tokens that may not come.
  private var row: [Float] = []
  private var distribution = Distribution()

  init(_ sampling: Sampling, vocabulary: Int) {
    self.sampling = sampling
    self.vocabulary = vocabulary
  }

  /// The token; nil when none is allowed.
  /// - Parameters:
  ///   - logits: Logits of the target, [V].
  ///   - index: The token's index among those decoded, from 0.
  ///   - text: The text before it.
  mutating func choose(_ logits: UnsafePointer<Float>, at index: Int, under text: any ConstrainedText) -> Int? {
    row.removeAll(keepingCapacity: true)
    row += UnsafeBufferPointer(start: logits, count: vocabulary)
    if sampling.isGreedy { return largest(text) }
    let noise = SamplingNoise(seed: sampling.seed, index: index)
    if sampling.topK > 0, sampling.topK <= Self.mostCandidates { return drawnOfMostLikely(noise, text) }
    let isFiltered = sampling.topK > 0 || sampling.topP < 1 || sampling.minP > 0
    if !isFiltered, let token = winner(logits, noise, text) { return token }
    forbid(text)
    return drawn(noise, sampling)
  }

  private mutating func forbid(_ text: any ConstrainedText) {
    row.withUnsafeMutableBufferPointer { text.forbid(in: $0) }
  }

  private func argmax() -> Int? {
    let token = row.withUnsafeBufferPointer { row in row.baseAddress.map { Vector.argmax($0, count: row.count) } }
    guard let token, row[token] > -.infinity else { return nil }
    return token
  }

  private mutating func largest(_ text: any ConstrainedText) -> Int? {
    for _ in 0..<Self.attempts {
      guard let token = argmax() else { return nil }
      if text.allows(token) { return token }
      row[token] = -.infinity
    }
    forbid(text)
    return argmax()
  }

  private mutating func winner(
    _ logits: UnsafePointer<Float>, _ noise: SamplingNoise, _ text: any ConstrainedText
  ) -> Int? {
    distribution.set(logits, count: vocabulary, sampling)
    for _ in 0..<Self.attempts {
      let token = distribution.draw(noise)
      guard distribution[token] > 0 else { return nil }
      if text.allows(token) { return token }
      distribution.exclude(token)
    }
    return nil
  }

  /// Draws one of the k likeliest tokens that are allowed, by what is left of their probabilities.
  private mutating func drawnOfMostLikely(_ noise: SamplingNoise, _ text: any ConstrainedText) -> Int? {
    let wanted = min(sampling.topK, vocabulary)
    var kept: [(token: Int, logit: Float)] = []
    func take(_ token: Int, of row: [Float]) {
      guard kept.count < wanted, row[token] > -.infinity else { return }
      kept.append((token, row[token]))
    }
    for token in candidates(wanted + Self.more) where text.allows(token) { take(token, of: row) }
    if kept.count < wanted {
      kept = []
      forbid(text)
      for token in candidates(wanted) { take(token, of: row) }
    }
    for token in row.indices { row[token] = -.infinity }
    for (token, logit) in kept { row[token] = logit }
    var rest = sampling
    rest.topK = 0
    return drawn(noise, rest)
  }

  /// The tokens with the largest logits, the lower id first among equals.
  private func candidates(_ count: Int) -> [Int] {
    var tokens: [Int] = []
    row.withUnsafeBufferPointer { row in
      guard let start = row.baseAddress else { return }
      TextEngine.selectLargest(start, of: row.count, count: min(count, row.count)) { _, token in tokens.append(token) }
    }
    return tokens
  }

  /// Draws a token from what is left in the row.
  private mutating func drawn(_ noise: SamplingNoise, _ sampling: Sampling) -> Int? {
    guard argmax() != nil else { return nil }
    row.withUnsafeBufferPointer { row in
      if let start = row.baseAddress { distribution.set(start, count: row.count, sampling) }
    }
    let token = distribution.draw(noise)
    return distribution[token] > 0 ? token : nil
  }
}

extension DraftCheck {
  /// The target's own token that a constraint allows; nil when there is none.
  /// - Parameters:
  ///   - logits: Logits of the target, [V].
  ///   - index: The token's index among those decoded, from 0.
  ///   - text: The text before it.
  package mutating func choose(
    _ logits: UnsafePointer<Float>, at index: Int, under text: any ConstrainedText
  ) -> Int? {
    timed { $0.constrained.choose(logits, at: index, under: text) }
  }
}
