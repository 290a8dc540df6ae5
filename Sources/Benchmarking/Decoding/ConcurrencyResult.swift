import Inference

/// The result of a decoder with so many sequences at once.
public struct ConcurrencyResult: Sendable, Hashable {
  /// Percentiles of a list of times, seconds.
  public struct Times: Sendable, Hashable {
    /// Half of them are below.
    public var p50: Double
    /// 95 of 100 are.
    public var p95: Double
    /// 99 of 100 are.
    public var p99: Double

    /// Nil for no times.
    init?(_ times: [Double]) {
      guard let p50 = Figures.percentile(times, 0.5), let p95 = Figures.percentile(times, 0.95),
        let p99 = Figures.percentile(times, 0.99)
      else { return nil }
      (self.p50, self.p95, self.p99) = (p50, p95, p99)
    }

    /// Percentiles that are known, such as those of another run.
    public init(p50: Double, p95: Double, p99: Double) {
      (self.p50, self.p95, self.p99) = (p50, p95, p99)
    }
  }

  /// Its name.
  public var decoder: String
  /// Sequences at once.
  public var concurrency: Int
  /// Whether drafts were imposed.
  public var isImposed: Bool
  /// Sequences of a repetition.
  public var sequences: Int
  /// Tokens of a repetition.
  public var tokens: Int
  /// The speed of all sequences together, prompts included: the median of the repetitions, the lowest and the highest.
  public var tokensPerSecond: Double
  /// The lowest of the repetitions.
  public var lowest: Double
  /// The highest of the repetitions.
  public var highest: Double
  /// The speed of a sequence, from its first token to its last: the median.
  public var sequenceRate: Double
  /// Seconds from admission to the first token.
  public var firstToken: Times?
  /// Seconds from token to token of a sequence.
  public var intervals: Times?
  /// Passes of the target in a repetition, and the rows of one, on average.
  public var passes: Int
  /// Rows of a pass, on average.
  public var rowsPerPass: Double
  /// Weights read a second, those of prompts included: a matrix counts once a pass.
  public var bytesPerSecond: Double
  /// Share of the drafts that were accepted; nil without drafts.
  public var acceptance: Double?
  /// Decodings that produced the tokens of vanilla decoding alone, of all measured ones.
  public var equal: Int
  /// All decodings that were measured.
  public var decodings: Int
  /// Whether the target checks its drafts.
  public var isVerified: Bool
}

extension ConcurrencyResult {
  init(_ decoder: BenchDecoder, number: Int, isImposed: Bool, _ runs: [ConcurrencyRun]) {
    let rates = runs.map(\.tokensPerSecond)
    let all = runs.flatMap(\.sequences)
    let (passes, rows) = (runs.reduce(0) { $0 + $1.passes }, runs.reduce(0) { $0 + $1.rows })
    let (drafted, accepted) = (runs.reduce(0) { $0 + $1.drafted }, runs.reduce(0) { $0 + $1.accepted })
    self.decoder = decoder.name
    concurrency = number
    self.isImposed = isImposed
    sequences = runs.first?.sequences.count ?? 0
    tokens = runs.first?.tokens ?? 0
    tokensPerSecond = Figures.median(rates) ?? 0
    lowest = rates.min() ?? 0
    highest = rates.max() ?? 0
    sequenceRate = Figures.median(all.compactMap(\.rate)) ?? 0
    firstToken = Times(all.compactMap(\.firstToken))
    intervals = Times(all.flatMap(\.intervals))
    self.passes = passes / max(1, runs.count)
    rowsPerPass = passes > 0 ? Double(rows) / Double(passes) : 0
    bytesPerSecond = Figures.median(runs.map { $0.seconds > 0 ? Double($0.weightBytes) / $0.seconds : 0 }) ?? 0
    acceptance = drafted > 0 ? Double(accepted) / Double(drafted) : nil
    decodings = all.count
    equal = all.count - runs.reduce(0) { $0 + $1.different }
    isVerified = decoder.isVerified
  }
}
