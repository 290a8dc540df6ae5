import Inference

/// One decoding with the times of its tokens.
public struct MeasuredDecoding: Sendable {
  /// A round: seconds from the tokens before it to its own, and how many those are.
  public struct Round: Sendable, Hashable {
    /// Seconds from the tokens before it to its own.
    public var seconds: Double
    /// How many tokens it produced.
    public var tokens: Int

    /// A round that produced so many tokens in so many seconds.
    public init(seconds: Double, tokens: Int) {
      self.seconds = seconds
      self.tokens = tokens
    }
  }

  /// Number of the way of decoding among the bench's.
  public var decoder: Int
  /// Number of the prompt among the bench's.
  public var prompt: Int
  /// The repetition's number, from 1; 0 is the warm-up.
  public var repetition: Int
  /// The decoded tokens.
  public var tokens: [Int]
  /// Seconds for the rows of images.
  public var visionSeconds: Double
  /// Seconds from the beginning, images included, to the first token.
  public var firstTokenSeconds: Double
  /// The rounds after the first token.
  public var rounds: [Round]
  /// What the decoder says of itself.
  public var counts: Counts

  /// What the decoder says of itself.
  public struct Counts: Sendable, Hashable {
    /// Passes of the target after the prompt, and their rows; rows of the head, those over the prompt among them.
    public var targetPasses = 0
    /// Rows of the target's passes.
    public var targetRows = 0
    /// Rows of the head, those over the prompt among them.
    public var headRows = 0
    /// Drafts made only to learn how good they are (adaptive depth).
    public var looks = 0
    /// How often a token was drafted at each place of the draft. Empty where drafts are not checked.
    public var drafted: [Int] = []
    /// How often a token was accepted at each place of the draft. Empty where drafts are not checked.
    public var accepted: [Int] = []
    /// Bytes of weights read after the prompt.
    public var weightBytes = 0
    /// Seconds of the phases; what is left of the whole time is the loop's own.
    public var prefill = 0.0
    /// Seconds of the head's passes.
    public var draft = 0.0
    /// Seconds of the target's passes after the prompt.
    public var verify = 0.0
    /// Seconds of the choice of tokens.
    public var sampling = 0.0
    /// Seconds of the way back from refused drafts.
    public var rollback = 0.0

    /// Counts of nothing.
    public init() {}
  }

  /// A decoding with all that was counted and timed of it; figures are made of many.
  public init(
    decoder: Int, prompt: Int, repetition: Int, tokens: [Int], visionSeconds: Double, firstTokenSeconds: Double,
    rounds: [Round], counts: Counts
  ) {
    self.decoder = decoder
    self.prompt = prompt
    self.repetition = repetition
    self.tokens = tokens
    self.visionSeconds = visionSeconds
    self.firstTokenSeconds = firstTokenSeconds
    self.rounds = rounds
    self.counts = counts
  }

  /// Seconds of all rounds.
  var decodeSeconds: Double { rounds.reduce(0) { $0 + $1.seconds } }
  /// Seconds from the beginning to the last token.
  var seconds: Double { firstTokenSeconds + decodeSeconds }
  /// Tokens after the first.
  var decodedTokens: Int { rounds.reduce(0) { $0 + $1.tokens } }
  /// A time for each token after the first: those of a round share its time equally.
  var intervals: [Double] {
    rounds.flatMap { Array(repeating: $0.seconds / Double(max(1, $0.tokens)), count: $0.tokens) }
  }
}

extension MeasuredDecoding.Counts {
  init(_ statistics: DecodingStatistics) {
    targetPasses = statistics.rounds
    targetRows = statistics.targetRows - statistics.promptRows
    headRows = statistics.headRows
    looks = statistics.looks
    drafted = statistics.draftedByPlace
    accepted = statistics.acceptedByPlace
    weightBytes = statistics.weightBytes
    prefill = statistics.promptTime.inSeconds
    draft = statistics.draftTime.inSeconds
    verify = statistics.verifyTime.inSeconds
    sampling = statistics.samplingTime.inSeconds
    rollback = statistics.rollbackTime.inSeconds
  }
}
