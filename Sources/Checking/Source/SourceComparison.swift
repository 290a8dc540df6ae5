import Inference
import Threads

/// What a conversion changed: the package's distributions beside those of the checkpoint it was made from.
public struct SourceComparison: Sendable, Hashable {
  /// Positions compared, each with a next token.
  public var positions = 0
  /// KL(source, package) in nats, the mean.
  public var klMean = 0.0
  /// The KL that 99 of 100 positions do not exceed, in nats.
  public var kl99 = 0.0
  /// The largest KL, in nats.
  public var klMaximum = 0.0
  /// Jensen-Shannon divergence in nats, mean.
  public var jsMean = 0.0
  /// Share of positions where both have the same best token.
  public var topAgreement = 0.0
  /// exp of the mean of −log p(next token).
  public var perplexitySource = 0.0
  /// exp of the mean of −log p(next token), of the package.
  public var perplexityPackage = 0.0

  /// The KL of each position in nats, in the order of the texts.
  package private(set) var perPosition: [Double] = []

  /// Tokens of a window; each begins with an empty state.
  public static let window = 512
  /// Rows of a pass, when nothing else is said: each pass reads the weights once.
  public static let usualPassRows = 128
  /// Rows whose logits are there at once: bounds their memory, [rows, V] for each model.
  private static let rows = 16

  /// Runs both models over texts.
  /// - Parameters:
  ///   - package: The converted model.
  ///   - source: The model it was made from.
  ///   - texts: Token ids; long ones are cut into windows, and those shorter than 2 tokens are left out.
  ///   - file: What messages call the texts.
  ///   - threads: Threads that compute; nil for the number of processors. Results do not depend on it.
  ///   - passRows: Rows of a pass; results do not depend on them.
  ///   - arithmetic: The arithmetic of the products; another than the canonical one yields other results.
  ///   - isStopped: Asked between passes.
  /// - Throws: ``CheckingError/vocabulary(source:expected:found:)``, ``CheckingError/text(file:expected:found:)``,
  ///   `InferenceError`; `CancellationError` when stopped.
  public init(
    package: LoadedModel, source: LoadedModel, texts: [[Int]], file: String, threads: Int? = nil,
    passRows: Int = SourceComparison.usualPassRows, arithmetic: Arithmetic = .canonical,
    isStopped: () -> Bool = { false }
  ) throws {
    let vocabulary = package.configuration.vocabulary
    guard source.configuration.vocabulary == vocabulary else {
      throw CheckingError.vocabulary(
        source: source.path.string, expected: vocabulary, found: source.configuration.vocabulary)
    }
    let pool = WorkerPool(threads: threads)
    let scorers = (
      TextScorer(source, pool: pool, arithmetic: arithmetic), TextScorer(package, pool: pool, arithmetic: arithmetic)
    )
    var sums = Sums()
    for window in texts.flatMap(SourceComparison.windows) {
      scorers.0.restart()
      scorers.1.restart()
      for start in stride(from: 0, to: window.count - 1, by: max(1, passRows)) {
        guard !isStopped() else { throw CancellationError() }
        let end = min(start + max(1, passRows), window.count - 1)
        try scorers.0.run(window[start..<end])
        try scorers.1.run(window[start..<end])
        for first in stride(from: start, to: end, by: SourceComparison.rows) {
          let rows = first - start..<min(first + SourceComparison.rows, end) - start
          let p = try scorers.0.logits(rows: rows)
          let q = try scorers.1.logits(rows: rows)
          for row in 0..<rows.count {
            let range = row * vocabulary..<(row + 1) * vocabulary
            sums.enter(
              UnsafeBufferPointer(rebasing: p[range]), UnsafeBufferPointer(rebasing: q[range]),
              next: window[first + row + 1])
          }
        }
      }
    }
    guard !sums.kl.isEmpty else {
      throw CheckingError.text(
        file: file, expected: "at least two tokens", found: "\(texts.reduce(0) { $0 + $1.count })")
    }
    let count = Double(sums.kl.count)
    let sorted = sums.kl.sorted()
    positions = sums.kl.count
    perPosition = sums.kl
    klMean = sums.kl.reduce(0, +) / count
    kl99 = sorted[(sorted.count * 99 - 1) / 100]
    klMaximum = sorted[sorted.count - 1]
    jsMean = sums.js / count
    topAgreement = Double(sums.sameTop) / count
    // A number in every document: what is beyond is as bad.
    perplexitySource = Exponential.of(min(sums.lossP / count, 700))
    perplexityPackage = Exponential.of(min(sums.lossQ / count, 700))
  }

  private static func windows(_ text: [Int]) -> [ArraySlice<Int>] {
    stride(from: 0, to: text.count, by: window).map { text[$0..<min($0 + window, text.count)] }
      .filter { $0.count > 1 }.map { ArraySlice(Array($0)) }
  }

  private struct Sums {
    var kl: [Double] = []
    var js = 0.0
    var sameTop = 0
    var lossP = 0.0
    var lossQ = 0.0

    mutating func enter(_ p: UnsafeBufferPointer<Float>, _ q: UnsafeBufferPointer<Float>, next: Int) {
      let distance = LogitDistance(p, q)
      kl.append(distance.kl)
      js += distance.js
      sameTop += distance.sameTop ? 1 : 0
      lossP += distance.sumP - Double(p[next])
      lossQ += distance.sumQ - Double(q[next])
    }
  }
}
