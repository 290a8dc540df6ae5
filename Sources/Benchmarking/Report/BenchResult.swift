/// The figures of one decoder on one class of prompts. Each is computed for every repetition over all prompts of the
/// class; the median over the repetitions is kept.
public struct BenchResult: Sendable, Hashable {
  /// Seconds between tokens. The tokens of one round share its time equally; the first token, which is part of the
  /// prompt's time, has none.
  public struct Intervals: Sendable, Hashable {
    /// The arithmetic mean.
    public var mean: Double
    /// Half of the intervals are shorter.
    public var p50: Double
    /// 95 of 100 are shorter.
    public var p95: Double
    /// 99 of 100 are shorter.
    public var p99: Double

    /// Percentiles that are known.
    public init(mean: Double, p50: Double, p95: Double, p99: Double) {
      self.mean = mean
      self.p50 = p50
      self.p95 = p95
      self.p99 = p99
    }
  }

  /// Seconds by phase, summed over the class's prompts.
  public struct Phases: Sendable, Hashable {
    /// The tower's passes over images.
    public var vision: Double
    /// The passes over the prompt.
    public var prefill: Double
    /// The head's passes.
    public var draft: Double
    /// The target's passes after the prompt.
    public var verify: Double
    /// The choice of tokens.
    public var sampling: Double
    /// The way back from refused drafts.
    public var rollback: Double
    /// The loop itself, and what else the whole time includes.
    public var other: Double

    /// Seconds of each phase; together they are the whole time.
    public init(
      vision: Double, prefill: Double, draft: Double, verify: Double, sampling: Double, rollback: Double, other: Double
    ) {
      self.vision = vision
      self.prefill = prefill
      self.draft = draft
      self.verify = verify
      self.sampling = sampling
      self.rollback = rollback
      self.other = other
    }
  }

  /// The way of decoding, by its name.
  public var decoder: String
  /// The class of prompts.
  public var kind: String
  /// Whether the target checks every draft.
  public var isVerified: Bool
  /// Whether it drafts with an imposed acceptance.
  public var isImposed: Bool
  /// Tokens decoded in one repetition.
  public var tokens: Int
  /// Median over the class's prompts: from the beginning to the first token.
  public var firstTokenSeconds: Double
  /// Nil when every prompt produced one token.
  public var intervals: Intervals?
  /// Tokens after the first by their time; the median of the repetitions.
  public var tokensPerSecond: Double
  /// Tokens a second of the slowest repetition.
  public var lowest: Double
  /// Tokens a second of the fastest repetition.
  public var highest: Double
  /// All tokens by the whole time.
  public var endToEnd: Double
  /// The ratio of tokens a second to vanilla decoding in the same repetition; the median.
  public var toVanilla: Double
  /// Drafts by place, of all repetitions together.
  public var drafted: [Int]
  /// Accepted drafts by place, of all repetitions together.
  public var accepted: [Int]
  /// Drafts made only to learn how good they are.
  public var looks: Int
  /// Tokens that a round yields.
  public var tokensPerRound: Double
  /// Passes of the target after the prompts.
  public var targetPasses: Int
  /// Rows of these passes.
  public var targetRows: Int
  /// Rows of the head, those over the prompts among them.
  public var headRows: Int
  /// Where the time went.
  public var phases: Phases
  /// Bytes of weights that were read after the prompts, by the time after the prompts.
  public var bytesPerSecond: Double
  /// Decodings whose tokens are all vanilla decoding's, and all.
  public var equal: Int
  /// All decodings.
  public var decodings: Int

  /// Figures that are known; `summarize` makes them of decodings.
  public init(
    decoder: String, kind: String, isVerified: Bool, isImposed: Bool, tokens: Int, firstTokenSeconds: Double,
    intervals: Intervals?, tokensPerSecond: Double, lowest: Double, highest: Double, endToEnd: Double,
    toVanilla: Double, drafted: [Int], accepted: [Int], looks: Int, tokensPerRound: Double, targetPasses: Int,
    targetRows: Int, headRows: Int, phases: Phases, bytesPerSecond: Double, equal: Int, decodings: Int
  ) {
    self.decoder = decoder
    self.kind = kind
    self.isVerified = isVerified
    self.isImposed = isImposed
    self.tokens = tokens
    self.firstTokenSeconds = firstTokenSeconds
    self.intervals = intervals
    self.tokensPerSecond = tokensPerSecond
    self.lowest = lowest
    self.highest = highest
    self.endToEnd = endToEnd
    self.toVanilla = toVanilla
    self.drafted = drafted
    self.accepted = accepted
    self.looks = looks
    self.tokensPerRound = tokensPerRound
    self.targetPasses = targetPasses
    self.targetRows = targetRows
    self.headRows = headRows
    self.phases = phases
    self.bytesPerSecond = bytesPerSecond
    self.equal = equal
    self.decodings = decodings
  }

  /// The chance that a draft at a place is accepted when all before it are: what ``ImposedAcceptance`` takes.
  func chance(_ place: Int) -> Double? {
    let reached = place == 0 ? drafted.first : place <= accepted.count ? accepted[place - 1] : nil
    guard place < accepted.count, let reached, reached > 0 else { return nil }
    return Double(accepted[place]) / Double(reached)
  }

  /// Share of the drafts at a place that were accepted, with all before them; nil where none was drafted.
  func share(_ place: Int) -> Double? {
    guard place < drafted.count, drafted[place] > 0 else { return nil }
    return Double(accepted[place]) / Double(drafted[place])
  }
}
