import Checking
import Foundation
import Inference
import StrictJSON
import Testing
import Threads

/// The check in the fast arithmetic, and how far that is from the canonical one on a trained model.
@Suite struct FastCheckTests {
  @Test(.enabled(if: Arithmetic.fast.isAvailable))
  func `the check passes in the fast arithmetic, and says that it was fast`() throws {
    let prompts = try Models.bundled()
    let options = CheckOptions(depths: [1, 3], limit: 32, arithmetic: .fast)
    let report = try Check(Models.demo(), options).run(prompts)
    #expect(report.passed)
    #expect(report.json["arithmetic"]?.stringValue == "fast" && report.text.contains("fast arithmetic"))
    var canonical = options
    canonical.arithmetic = .canonical
    let other = try Check(Models.demo(), canonical).run(prompts)
    #expect(other.json["arithmetic"] == nil && !other.text.contains("arithmetic"))
    #expect(other.digest != report.digest)
  }

  /// Measured on the demo model (page Canonical arithmetic); the bounds are about twice that.
  @Test(.enabled(if: Arithmetic.fast.isAvailable))
  func `fast logits are close to the canonical ones`() throws {
    let model = try Models.demo()
    let pool = WorkerPool(threads: 2)
    var error = LogitError()
    for prompt in try Models.bundled(["code", "chat", "tool", "prose"]) {
      let session = DecodingSession(model, pool: pool)
      let answer = try session.decode(prompt.prompt, .vanilla, DecodingOptions(limit: 64))
      let text = prompt.tokens + Array(answer)
      let rows = try [Arithmetic.canonical, .fast].map { arithmetic in
        let scorer = TextScorer(model, pool: pool, arithmetic: arithmetic)
        return try withExtendedLifetime(scorer) { Array(try scorer.logits(text)) }
      }
      error.enter(rows[0], rows[1], vocabulary: model.configuration.vocabulary)
    }
    print("fast against canonical: \(error)")
    #expect(error.positions > 200)
    #expect(error.largest > 0 && error.largest < 0.1)
    #expect(error.relative < 0.01)
    #expect(error.sameBest > 0.99)
  }

  /// Of the logits of every position.
  private struct LogitError {
    var positions = 0
    /// Largest difference of a logit, in units of the logits' standard deviation at the position.
    var largest = 0.0
    private var squares = 0.0
    private var norms = 0.0
    private var same = 0

    /// |fast − canonical| / |canonical|, of all logits about their mean at a position.
    var relative: Double { (squares / norms).squareRoot() }
    var sameBest: Double { Double(same) / Double(positions) }

    mutating func enter(_ canonical: [Float], _ fast: [Float], vocabulary: Int) {
      for start in stride(from: 0, to: canonical.count, by: vocabulary) {
        let (a, b) = (canonical[start..<start + vocabulary], fast[start..<start + vocabulary])
        let mean = a.reduce(0.0) { $0 + Double($1) } / Double(vocabulary)
        let norm = a.reduce(0.0) { $0 + (Double($1) - mean) * (Double($1) - mean) }
        let differences = zip(a, b).map { Double($1) - Double($0) }
        let deviation = (norm / Double(vocabulary)).squareRoot()
        largest = max(largest, (differences.map(\.magnitude).max() ?? 0) / deviation)
        squares += differences.reduce(0) { $0 + $1 * $1 }
        norms += norm
        same += best(a) == best(b) ? 1 : 0
        positions += 1
      }
    }

    private func best(_ row: ArraySlice<Float>) -> Int? {
      row.indices.max { row[$0] < row[$1] || (row[$0] == row[$1] && $0 > $1) }.map { $0 - row.startIndex }
    }
  }
}
