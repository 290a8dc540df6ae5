import Inference

/// Natural logarithms of probabilities of one row of logits, in double precision and in the order of ids, so that they are
/// the same wherever the logits are.
struct LogProbabilities {
  private let logits: UnsafeBufferPointer<Float>
  /// ln Σ exp.
  private let total: Double

  init(_ logits: UnsafeBufferPointer<Float>) {
    self.logits = logits
    var largest = -Float.infinity
    for logit in logits where logit > largest { largest = logit }
    var sum = 0.0
    for logit in logits {
      let distance = Double(logit) - Double(largest)
      // Below, the exponential is 0 in double precision, as for −∞, which a rule may have set.
      if distance > -690 { sum += DoubleFunctions.exponential(distance) }
    }
    total = Double(largest) + DoubleFunctions.logarithm(sum)
  }

  subscript(token: Int) -> Double { logits.indices.contains(token) ? Double(logits[token]) - total : -.infinity }

  /// The likeliest tokens, the lower id first among equals.
  func likeliest(_ count: Int) -> [TokenProbability] {
    guard count > 0, let start = logits.baseAddress else { return [] }
    var found: [TokenProbability] = []
    TextEngine.selectLargest(start, of: logits.count, count: min(count, logits.count)) { _, token in
      found.append(TokenProbability(id: token, logProbability: self[token]))
    }
    return found
  }
}
