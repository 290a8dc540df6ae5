import Inference

/// How far one distribution over the vocabulary is from another, in double precision and by operations whose bits are the
/// same on every platform.
package struct LogitDistance {
  /// Kullback-Leibler divergence KL(P, Q) = Σ p · log(p / q), in nats.
  package private(set) var kl = 0.0
  /// Jensen-Shannon divergence (KL(P, M) + KL(Q, M)) / 2 with M = (P + Q) / 2, in nats, at most log 2.
  package private(set) var js = 0.0
  /// Whether the largest logits are at the same token.
  package private(set) var sameTop = false
  /// Logarithm of Σ exp(logit) of the first distribution: −log p(token) is this less the token's logit.
  package private(set) var sumP = 0.0
  /// The same of the second distribution.
  package private(set) var sumQ = 0.0

  /// - Parameters p, q: Logits [V].
  package init(_ p: UnsafeBufferPointer<Float>, _ q: UnsafeBufferPointer<Float>) {
    let topP = LogitDistance.top(p)
    let topQ = LogitDistance.top(q)
    guard p.count == q.count, !p.isEmpty else { return }
    sameTop = topP == topQ
    sumP = LogitDistance.logSum(p, largest: Double(p[topP]))
    sumQ = LogitDistance.logSum(q, largest: Double(q[topQ]))
    for i in p.indices {
      let (a, b) = (Double(p[i]) - sumP, Double(q[i]) - sumQ)
      // Nothing, also where the logarithm does not undo the exponential to the last bit.
      if a == b { continue }
      let (x, y) = (Exponential.of(a), Exponential.of(b))
      kl += x * (a - b)
      let middle = DoubleFunctions.logarithm((x + y) / 2)
      if x > 0 { js += x * (a - middle) / 2 }
      if y > 0 { js += y * (b - middle) / 2 }
    }
    // Both are sums of terms of either sign: rounding may leave less than nothing.
    // NaN stays what it is: `max` would make 0 of it.
    if kl < 0 { kl = 0 }
    if js < 0 { js = 0 }
  }

  private static func top(_ logits: UnsafeBufferPointer<Float>) -> Int {
    var best = 0
    for i in logits.indices where logits[i] > logits[best] { best = i }
    return best
  }

  private static func logSum(_ logits: UnsafeBufferPointer<Float>, largest: Double) -> Double {
    var sum = 0.0
    for logit in logits { sum += Exponential.of(Double(logit) - largest) }
    return largest + DoubleFunctions.logarithm(sum)
  }
}
