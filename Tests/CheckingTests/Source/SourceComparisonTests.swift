import Checking
import Foundation
import Inference
import Testing

@Suite struct SourceComparisonTests {
  @Test func `divergences of two small distributions are those worked out by hand`() {
    let p: [Float] = [log(0.5), log(0.5)]
    let q: [Float] = [log(0.25) + 3, log(0.75) + 3]
    let distance = p.withUnsafeBufferPointer { p in q.withUnsafeBufferPointer { LogitDistance(p, $0) } }
    // 1/2 log 2 + 1/2 log 2/3; the middle is (3/8, 5/8).
    #expect(abs(distance.kl - 0.5 * log(4.0 / 3)) < 1e-6)
    let js = 0.5 * (0.5 * log(16.0 / 15)) + 0.5 * (0.25 * log(2.0 / 3) + 0.75 * log(6.0 / 5))
    #expect(abs(distance.js - js) < 1e-6)
    #expect(!distance.sameTop && abs(distance.sumQ - 3) < 1e-6)
  }

  @Test func `a model beside itself has no distance, and the perplexity of its logits`() throws {
    let model = try Models.reference("qwen3_5_moe")
    let text = Models.madeUp.flatMap(\.tokens)
    let comparison = try SourceComparison(package: model, source: model, texts: [text, [5]], file: "text", threads: 2)
    #expect(comparison.positions == text.count - 1)
    #expect(comparison.klMaximum == 0 && comparison.jsMean == 0 && comparison.topAgreement == 1)
    #expect(comparison.perplexityPackage == comparison.perplexitySource)
    // By another way: the trace's logits, summed plainly.
    let logits = try model.trace(Prompt(text), limit: 0).logits
    let vocabulary = model.configuration.vocabulary
    var loss = 0.0
    for row in 0..<text.count - 1 {
      let weights = logits[row * vocabulary..<(row + 1) * vocabulary].map { exp(Double($0)) }
      loss -= log(weights[text[row + 1]] / weights.reduce(0, +))
    }
    let expected = exp(loss / Double(text.count - 1))
    #expect(abs(comparison.perplexitySource / expected - 1) < 1e-9)
  }

  @Test func `other models are refused, or have a distance`() throws {
    let dense = try Models.reference("qwen3_5_dense_vl")
    let mixture = try Models.reference("qwen3_5_moe")
    let text = Models.madeUp[0].tokens
    let comparison = try SourceComparison(package: dense, source: mixture, texts: [text], file: "text")
    #expect(comparison.klMean > 0.01 && comparison.jsMean > 0.01 && comparison.jsMean < log(2.0))
    #expect(comparison.klMaximum >= comparison.kl99 && comparison.kl99 >= comparison.klMean / 2)
    #expect(throws: CheckingError.vocabulary(source: try Models.demo().path.string, expected: 256, found: 4096)) {
      try SourceComparison(package: dense, source: Models.demo(), texts: [text], file: "text")
    }
    #expect(throws: CheckingError.text(file: "text", expected: "at least two tokens", found: "1")) {
      try SourceComparison(package: dense, source: mixture, texts: [[1]], file: "text")
    }
  }
}
