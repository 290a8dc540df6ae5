/// How tokens are decoded. All but `optimistic` yield the tokens of `vanilla` (at temperature 0), and the same logits bit
/// for bit.
public enum DecodingMethod: Sendable, Hashable {
  /// One target pass a token.
  case vanilla
  /// Up to `depth` tokens, 1 to 16, are copied from where the same tokens occurred before, and one target pass checks them.
  case lookup(depth: Int = 16)
  /// The MTP head drafts `depth` tokens, 1 to 8, and one target pass checks them.
  case mtp(depth: Int)
  /// Drafts as `mtp` does; each round's depth, 0 to `maximum`, is the one that promises most tokens for the measured time.
  case adaptive(maximum: Int = 4)
  /// A DFlash drafter drafts its block, of which the target checks the first `depth` tokens, 1 to 63; nil for all.
  case dflash(depth: Int? = nil)
  /// An EAGLE-3 drafter drafts `depth` tokens, 1 to 8, and one target pass checks them.
  case eagle3(depth: Int = 5)
  /// Each round the drafter of the model, at the depth, that promises most tokens for the time; or none.
  case hybrid(DraftCosts = .clock)
  /// All drafters of the model in turn, at changing depths: for checks.
  case inTurn
  /// Drafts are taken without a check: other tokens than vanilla's. Counted as `unchecked`.
  case optimistic(depth: Int)

  /// The largest depth of drafters that draft token by token.
  public static let deepest = 8
  /// The most drafts of a block.
  public static let longestBlock = 63

  var depth: Int {
    switch self {
    case .vanilla: 0
    case .lookup(let depth), .mtp(let depth), .adaptive(let depth), .eagle3(let depth), .optimistic(let depth): depth
    case .dflash(let depth): depth ?? DecodingMethod.longestBlock
    case .hybrid, .inTurn: 0
    }
  }

  /// Whether anything drafts.
  public var drafts: Bool { self != .vanilla }

  /// Whether it drafts alike in each round.
  public var isFixed: Bool {
    switch self {
    case .vanilla, .lookup, .mtp, .dflash, .eagle3: true
    case .adaptive, .hybrid, .inTurn, .optimistic: false
    }
  }

  /// Whether it chooses among drafters.
  public var isHybrid: Bool { if case .hybrid = self { true } else { false } }

  /// Whether another run makes the same drafts: it does not go by a clock.
  public var isRepeatable: Bool { isFixed || self == .inTurn || self == .hybrid(.table) }

  /// The drafters that it takes of a model.
  func kinds(of model: LoadedModel) -> [DrafterKind] {
    switch self {
    case .vanilla: []
    case .lookup: [.lookup]
    case .mtp, .adaptive, .optimistic: [.mtp]
    case .dflash: [.dflash]
    case .eagle3: [.eagle3]
    case .hybrid, .inTurn: [.lookup] + DecodingMethod.weighty.filter(model.has)
    }
  }

  /// Drafters that have weights.
  private static let weighty: [DrafterKind] = [.mtp, .dflash, .eagle3]

  /// What a check of all drafters of a model decodes with, besides the MTP head by itself: each at depth 1, in the middle
  /// and as deep as it goes, and what switches between them.
  public static func all(of model: LoadedModel) -> [DecodingMethod] {
    var all: [DecodingMethod] = [.lookup(depth: 1), .lookup()]
    if let block = model.dflash?.block {
      all += [.dflash(depth: 1)] + (block > 4 ? [.dflash(depth: block / 2)] : []) + [.dflash()]
    }
    if model.has(.eagle3) { all += [.eagle3(depth: 1), .eagle3(), .eagle3(depth: deepest)] }
    if weighty.contains(where: model.has) { all += [.hybrid(.table), .hybrid(), .inTurn] }
    return all
  }

  /// The best that a model's drafters allow: all of them, or lookup where there are none.
  public static func best(of model: LoadedModel) -> DecodingMethod {
    weighty.contains(where: model.has) ? .hybrid() : .lookup()
  }

  /// What says how much is drafted; one that learns is kept by the session.
  func controller(_ model: LoadedModel) -> (any DraftController, learns: Bool) {
    switch self {
    case .vanilla, .lookup, .mtp, .dflash, .eagle3, .optimistic:
      (FixedDraft(kinds(of: model).first, depth: depth), false)
    case .adaptive(let maximum): (AdaptiveDraft(AdaptiveDepth(maximum: maximum)), true)
    case .inTurn: (DraftTurns(arms(of: model)), false)
    case .hybrid(let costs): (HybridDraft(HybridPolicy(arms(of: model), costs: costs)), true)
    }
  }

  private func arms(of model: LoadedModel) -> [HybridPolicy.Arm] {
    kinds(of: model).map { kind in
      switch kind {
      case .lookup: .init(kind, deepest: LookupDrafter.most)
      case .mtp, .eagle3: .init(kind, deepest: DecodingMethod.deepest)
      case .dflash: .init(kind, deepest: (model.dflash?.block ?? 2) - 1)
      }
    }
  }

  /// The depths that there are; nil for decoding that has none.
  var depths: ClosedRange<Int>? {
    switch self {
    case .vanilla, .hybrid, .inTurn: nil
    case .lookup: 1...LookupDrafter.most
    case .dflash: 1...DecodingMethod.longestBlock
    case .mtp, .adaptive, .eagle3, .optimistic: 1...DecodingMethod.deepest
    }
  }

  /// - Throws: ``InferenceError/option(name:expected:found:)``, ``InferenceError/headMissing(path:)``,
  ///   ``InferenceError/drafterMissing(path:kind:)``.
  func check(_ model: LoadedModel) throws(InferenceError) {
    if let range = depths, !range.contains(depth) {
      let name = kinds(of: model).first?.title ?? ""
      throw .option(
        name: "depth of the \(name)", expected: "\(range.lowerBound) to \(range.upperBound)", found: "\(depth)")
    }
    guard let kind = missing(of: model) else { return }
    guard kind != .mtp else { throw .headMissing(path: model.path) }
    throw .drafterMissing(path: model.path, kind: kind.title)
  }

  /// A drafter that it takes and the model does not have.
  package func missing(of model: LoadedModel) -> DrafterKind? {
    if case .hybrid = self { return DecodingMethod.weighty.contains(where: model.has) ? nil : .mtp }
    return kinds(of: model).first { !model.has($0) }
  }
}

/// What ends a decoding, and what looks on.
public struct DecodingOptions {
  /// Tokens to decode at most.
  public var limit: Int
  /// Tokens that end the decoding; the one that does is still returned.
  public var stops: Set<Int>
  /// How tokens are chosen from logits.
  public var sampling: Sampling
  /// Drafts come from so many of the lowest ids and the ids of the text alone, so that they cost less; 0 for all ids.
  /// Without effect on the tokens, as the target checks every draft.
  public var draftShortlist: Int
  /// Whether all ids are drafted from while the text leaves the shortlist too often.
  public var measuresShortlist = false
  /// Tokens that the output may well be, such as a file before an edit: lookup copies from them where they fit. Without
  /// effect on the tokens.
  public var prediction: [Int]
  /// What changes the logits before a token is chosen by them, one after another.
  public var rules: [any LogitRule] = []
  /// The constraint on the text; nil for none. Not for optimistic decoding, which looks at too little of the text.
  package var constraint: (any TokenConstraint)?
  /// Called with each committed token: its number (0 for the first after the prompt), the token, and the logits [V]
  /// that it was chosen by, valid during the call. Optimistic decoding has no logits for unchecked tokens and does not
  /// call it for them.
  public var onLogits: ((Int, Int, UnsafeBufferPointer<Float>) -> Void)?
  /// Called after each round.
  public var onRound: ((DecodingRound) -> Void)?

  /// Creates options, with defaults that watch nothing and choose the likeliest token.
  public init(
    limit: Int, stops: Set<Int> = [], sampling: Sampling = .greedy, draftShortlist: Int = 0, prediction: [Int] = [],
    onLogits: ((Int, Int, UnsafeBufferPointer<Float>) -> Void)? = nil, onRound: ((DecodingRound) -> Void)? = nil
  ) {
    self.limit = limit
    self.stops = stops
    self.sampling = sampling
    self.draftShortlist = draftShortlist
    self.prediction = prediction
    self.onLogits = onLogits
    self.onRound = onRound
  }
}

extension DecodingOptions {
  /// Drafts from a part of a model's vocabulary, or from all of it.
  public mutating func draft(from vocabulary: DraftVocabulary, of model: LoadedModel) {
    draftShortlist = vocabulary.lowest(of: model.configuration.vocabulary)
    measuresShortlist = vocabulary == .auto
  }
}

/// One round: a draft and the target pass that checked it.
public struct DecodingRound: Sendable, Hashable {
  /// Tokens known before the round, the prompt's and the newest one among them.
  public var knownTokens: Int
  /// Tokens that were drafted.
  public var drafts: [Int]
  /// Drafts at the front that the target agreed with.
  public var accepted: Int
  /// Tokens returned: accepted drafts and the target's own next token, cut at a stop token or the limit.
  public var emitted: [Int]
  /// Who drafted; nil without drafts.
  public var drafter: DrafterKind?

  /// A round as it is told; without a drafter it had no drafts.
  public init(knownTokens: Int, drafts: [Int], accepted: Int, emitted: [Int], drafter: DrafterKind? = nil) {
    self.knownTokens = knownTokens
    self.drafts = drafts
    self.accepted = accepted
    self.emitted = emitted
    self.drafter = drafter
  }
}
