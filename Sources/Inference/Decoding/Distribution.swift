/// A filtered probability distribution over the vocabulary. Filters in this order: temperature, top k, top p, min p;
/// what is left is divided by its sum. Tokens of equal probability are in the order of their ids.
package struct Distribution {
  /// Probabilities [V]; 0 for tokens that were filtered out.
  package private(set) var probabilities: [Float] = []

  /// A distribution of nothing.
  package init() {}

  /// Sets the distribution of logits [V]. The memory is used again.
  package mutating func set(_ logits: UnsafePointer<Float>, count: Int, _ sampling: Sampling) {
    if probabilities.count != count { probabilities = Array(repeating: 0, count: count) }
    probabilities.withUnsafeMutableBufferPointer { buffer in
      guard count > 0, let p = buffer.baseAddress else { return }
      let inverse = 1 / sampling.temperature
      for i in 0..<count { p[i] = logits[i] * inverse }
      let largest = Vector.maximum(p, count: count)
      if !(largest < .infinity) { Distribution.scaleFromTheTop(buffer, logits, inverse) }
      Vector.softmax(p, count: count)
      if p[0].isNaN {
        Distribution.scaleFromTheTop(buffer, logits, inverse)
        Vector.softmax(p, count: count)
      }
      guard sampling.topK > 0 || sampling.topP < 1 || sampling.minP > 0 else { return }
      Distribution.filter(buffer, sampling)
      let sum = Vector.sum(p, count: count)
      for i in 0..<count { p[i] /= sum }
    }
  }

  /// Scaled logits of which one is beyond what a `Float` holds: scaled once more from the largest down, which is the same
  /// distribution. NaN counts as −∞; with nothing else there is, the first token is certain.
  private static func scaleFromTheTop(
    _ p: UnsafeMutableBufferPointer<Float>, _ logits: UnsafePointer<Float>, _ inverse: Float
  ) {
    let largest = p.indices.reduce(-Float.infinity) { logits[$1] > $0 ? logits[$1] : $0 }
    for i in p.indices {
      let isLargest = logits[i] == largest && largest > -.infinity
      p[i] = isLargest ? 0 : logits[i] < largest ? (logits[i] - largest) * inverse : -.infinity
    }
    if largest == -.infinity, !p.isEmpty { p[0] = 0 }
  }

  private static func filter(_ p: UnsafeMutableBufferPointer<Float>, _ sampling: Sampling) {
    if sampling.topK > 0, sampling.topK < p.count {
      keep(p, mostProbable(p) { $0.count >= sampling.topK }.prefix(sampling.topK))
    }
    if sampling.topP < 1 {
      // The shares are of the sum of what top k left.
      let total = p.reduce(0.0) { $0 + Double($1) }
      let target = Double(sampling.topP) * total
      let order = mostProbable(p) { $0.reduce(0.0) { $0 + Double(p[$1]) } >= target }
      var sum = 0.0
      var count = 0
      while count < order.count, sum < target {
        sum += Double(p[order[count]])
        count += 1
      }
      keep(p, order.prefix(max(1, count)))
    }
    if sampling.minP > 0 {
      let threshold = sampling.minP * (p.max() ?? 0)
      for i in p.indices where p[i] < threshold { p[i] = 0 }
    }
  }

  /// Tokens by falling probability, at least so many that `suffices`: looks at few of a large vocabulary.
  private static func mostProbable(
    _ p: UnsafeMutableBufferPointer<Float>, _ suffices: ([Int]) -> Bool
  ) -> [Int] {
    var threshold = (p.max() ?? 0) / 64
    // The threshold falls from the largest Float to 1e-30 and then to 0 in less than fifty steps.
    for _ in 0..<64 {
      let candidates = p.indices.filter { p[$0] >= threshold && p[$0] > 0 }
      if !(threshold > 0) || suffices(candidates) {
        return candidates.sorted { p[$0] > p[$1] || p[$0] == p[$1] && $0 < $1 }
      }
      threshold = threshold < 1e-30 ? 0 : threshold / 64
    }
    return Array(p.indices)
  }

  private static func keep(_ p: UnsafeMutableBufferPointer<Float>, _ tokens: ArraySlice<Int>) {
    let kept = tokens.map { ($0, p[$0]) }
    p.update(repeating: 0)
    for (token, probability) in kept { p[token] = probability }
  }

  /// The probability of a token; 0 for one beyond the vocabulary.
  package subscript(token: Int) -> Float { token < probabilities.count ? probabilities[token] : 0 }

  /// Leaves a token out; the others are no longer divided by their sum, which a draw does not ask for.
  mutating func exclude(_ token: Int) { if probabilities.indices.contains(token) { probabilities[token] = 0 } }

  /// A token drawn with these probabilities: that of the least Eᵢ / pᵢ, with Eᵢ = −ln uᵢ exponentially distributed, which is
  /// the Gumbel-max rule without its logarithm of p. The lowest id of those that are equal; 0 if no token is possible.
  func draw(_ noise: SamplingNoise) -> Int {
    var (token, least) = (0, Double.infinity)
    for candidate in probabilities.indices {
      let p = Double(probabilities[candidate])
      guard p > 0 else { continue }
      let u = noise.uniform(candidate)
      // −ln u is at least 1 − u: most tokens need no logarithm.
      guard (1 - u) / p < least else { continue }
      let race = -DoubleFunctions.logarithm(u) / p
      if race < least { (token, least) = (candidate, race) }
    }
    return token
  }
}
