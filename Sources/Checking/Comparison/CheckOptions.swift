import Inference

/// What a check does.
public struct CheckOptions {
  /// Depths of MTP decoding, each 1 to 8.
  public var depths: [Int]
  /// Whether adaptive depth is checked too.
  public var adaptive: Bool
  /// Other ways of decoding that are checked.
  public var decoders: [DecodingMethod] = []
  /// Whether drafts are checked, too, that are right up to every place.
  public var forced = false
  /// Tokens decoded for each prompt at each setting; stop tokens do not end them.
  public var limit: Int
  /// Tokens that end an answer: acceptance is counted up to the first, and decoding with them must end there.
  public var stops: Set<Int>
  /// nil for the number of processors. Without effect on the report.
  public var threads: Int?
  /// Rows of a pass over a prompt. Without effect on the report.
  public var promptChunk: Int
  /// Decodings that share passes at most, so that the weights are read once for all of them; 1 for one after another.
  /// Without effect on the report.
  public var together = CheckOptions.usualTogether
  /// Bytes for the states of those decodings; one is made whatever it takes. Without effect on the report.
  public var memory = CheckOptions.usualMemory
  /// Keeps the decodings that are made, so that a check that was interrupted makes only the others. Without effect on the
  /// report.
  public var journal: CheckJournal?
  /// How matrix products are formed. Each way has its own results; the report names one that is not canonical.
  public var arithmetic: Arithmetic
  /// Drafts come from so many of the lowest ids and the ids of the text alone; 0 for all. Only acceptance follows it.
  public var draftShortlist: Int
  /// Whether drafts come from all ids while the text leaves those too often; see `DecodingOptions.measuresShortlist`.
  public var measuresShortlist = false
  /// Share of first drafts that must be accepted at every depth, 0 to 1.
  public var minAcceptance: Double?
  /// Asked between tokens; a check that is stopped throws `CancellationError`.
  public var isStopped: () -> Bool
  /// Hears of each decoding that is made, and how many there are of its kind.
  public var onProgress: (CheckProgress) -> Void
  /// Hears what is done beside decodings.
  public var onNote: (String) -> Void = { _ in }
  /// A fault to plant into every decoding but vanilla's, for tests of the check.
  package var plantedDefect: PlantedDefect?

  /// Decodings that share passes, unless something else is said.
  public static let usualTogether = 64
  /// Bytes for their states, unless something else is said.
  public static let usualMemory = 2 << 30

  /// The members, with the defaults of `verify-runner check`.
  public init(
    depths: [Int] = [1, 2, 3, 4], adaptive: Bool = false, limit: Int = 48, stops: Set<Int> = [], threads: Int? = nil,
    promptChunk: Int = 256, arithmetic: Arithmetic = .canonical, draftShortlist: Int = 0,
    minAcceptance: Double? = nil,
    isStopped: @escaping () -> Bool = { false },
    onProgress: @escaping (CheckProgress) -> Void = { _ in }
  ) {
    self.depths = depths
    self.adaptive = adaptive
    self.limit = limit
    self.stops = stops
    self.threads = threads
    self.promptChunk = promptChunk
    self.arithmetic = arithmetic
    self.draftShortlist = draftShortlist
    self.minAcceptance = minAcceptance
    self.isStopped = isStopped
    self.onProgress = onProgress
  }

  /// Drafts from a part of a model's vocabulary, or from all of it.
  public mutating func draft(from vocabulary: DraftVocabulary, of model: LoadedModel) {
    draftShortlist = vocabulary.lowest(of: model.configuration.vocabulary)
    measuresShortlist = vocabulary == .auto
  }
}
