import Inference

/// One answer that is asked for.
public struct SequenceRequest: Sendable {
  /// What it begins with.
  public var prompt: Prompt
  /// The decoder. All but `optimistic` produce the same tokens.
  public var method: DecodingMethod
  /// Tokens to decode at most.
  public var limit: Int
  /// Tokens that end it; the one that does is still delivered.
  public var stops: Set<Int>
  /// How tokens are chosen from logits.
  public var sampling: Sampling
  /// See `DecodingOptions.draftShortlist`.
  public var draftShortlist: Int
  /// See `DecodingOptions.measuresShortlist`.
  public var measuresShortlist = false
  /// See `DecodingOptions.prediction`.
  public var prediction: [Int]
  /// What changes the logits before a token is chosen by them.
  public var rules: [any LogitRule]
  /// See `DecodingOptions.constraint`.
  package var constraint: (any TokenConstraint)?
  /// Nil for no probabilities; else each token comes with its own and those of so many of the likeliest.
  public var topLogProbabilities: Int?
  /// Requests with different ones share no beginnings (``BatchOptions/cache``). No token depends on it.
  public var cacheSalt = ""

  /// The members, with the defaults of `DecodingOptions`.
  public init(
    _ prompt: Prompt, method: DecodingMethod = .vanilla, limit: Int, stops: Set<Int> = [], sampling: Sampling = .greedy,
    draftShortlist: Int = 0, prediction: [Int] = [], rules: [any LogitRule] = [], topLogProbabilities: Int? = nil
  ) {
    self.prompt = prompt
    self.method = method
    self.limit = limit
    self.stops = stops
    self.sampling = sampling
    self.draftShortlist = draftShortlist
    self.prediction = prediction
    self.rules = rules
    self.topLogProbabilities = topLogProbabilities
  }
}

extension SequenceRequest {
  /// What it needs of a model.
  func memory(_ model: LoadedModel, promptChunk: Int) -> SequenceMemory {
    SequenceMemory(
      model, method, prompt, limit: limit, promptChunk: promptChunk, sampling: sampling, prediction: prediction.count)
  }
}
