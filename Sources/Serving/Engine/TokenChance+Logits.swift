import Foundation

extension GeneratedToken {
  /// A token with its probabilities, taken from logits.
  /// - Parameters:
  ///   - id: The token that was chosen.
  ///   - logits: [V], finite.
  ///   - count: How many of the likeliest tokens are told; the lower id first among equals.
  package init(id: Int, logits: UnsafeBufferPointer<Float>, likeliest count: Int) {
    var largest = -Float.infinity
    for logit in logits where logit > largest { largest = logit }
    // In one order and in double precision, so that it is the same number whatever ran beside it.
    var sum = 0.0
    for logit in logits { sum += exp(Double(logit) - Double(largest)) }
    let normalizer = Double(largest) + log(sum)
    var best: [Int] = []
    if count > 0 {
      for index in logits.indices {
        if best.count == count, let last = best.last, !(logits[index] > logits[last]) { continue }
        let place = best.firstIndex { logits[index] > logits[$0] } ?? best.endIndex
        best.insert(index, at: place)
        if best.count > count { best.removeLast() }
      }
    }
    self.init(
      id: id, logprob: logits.indices.contains(id) ? Double(logits[id]) - normalizer : nil,
      likeliest: best.map { TokenChance(id: $0, logprob: Double(logits[$0]) - normalizer) })
  }
}
