import Checkpoint
import Diagnostics
import Manifests
import Measuring
import Planning

/// Compares the errors of quantized tensors with limits.
struct ThresholdCheck {
  struct Row {
    let name: String
    let role: TensorRole
    let error: TensorError.Measures
  }

  let limits: Thresholds.Limits
  /// What the limits are called: `the threshold`.
  let words: String

  /// - Throws: ``VerificationError`` with the worst tensors.
  func require(_ rows: [Row]) throws {
    guard !rows.isEmpty else { return }
    if let least = limits.minCosine {
      let bad = rows.filter { !($0.error.cosine >= least) }.sorted {
        ($0.error.cosine, $0.name) < ($1.error.cosine, $1.name)
      }
      if let first = bad.first {
        throw VerificationError.cosine(
          count: bad.count, words: words, tensor: first.name, least: least, worst: worst(bad, \.cosine))
      }
    }
    if let most = limits.maxRelativeRMS {
      let bad = rows.filter { !($0.error.relativeRMS <= most) }
        .sorted { ($1.error.relativeRMS, $0.name) < ($0.error.relativeRMS, $1.name) }
      if let first = bad.first {
        throw VerificationError.relativeRMS(
          count: bad.count, words: words, tensor: first.name, most: most, worst: worst(bad, \.relativeRMS))
      }
    }
    if let mean = limits.meanCosine {
      let actual = rows.reduce(0) { $0 + $1.error.cosine } / Double(rows.count)
      if !(actual >= mean) {
        let sorted = rows.sorted { ($0.error.cosine, $0.name) < ($1.error.cosine, $1.name) }
        throw VerificationError.meanCosine(
          actual: actual, words: words, least: mean, worst: worst(sorted, \.cosine))
      }
    }
  }

  /// The first five of sorted rows.
  private func worst(_ bad: [Row], _ value: (TensorError.Measures) -> Double) -> String {
    bad.prefix(5).map { "\($0.name) \(Fixed.eight(value($0.error)))" }.joined(separator: ", ")
      + (bad.count > 5 ? " and \(bad.count - 5) more" : "")
  }
}
