/// Bytes that the state of one sequence takes at most: a bound that follows from the model and the request alone.
///
/// What all sequences share, the working memory of passes and their logits, is not part of it.
public struct SequenceMemory: Sendable, Hashable {
  /// Bytes; the largest `Int` where they are more.
  public let bytes: Int
  /// Rows of a pass after the prompt at most.
  public let rows: Int

  /// - Parameters:
  ///   - model: The model.
  ///   - method: The method, whose drafters count.
  ///   - tokens: Tokens of the prompt and after it at most.
  ///   - promptRows: Rows of a pass over the prompt at most.
  ///   - sampling: What is drawn from keeps its distributions.
  public init(
    _ model: LoadedModel, _ method: DecodingMethod, tokens: Int, promptRows: Int, sampling: Sampling = .greedy
  ) {
    let kinds = method.kinds(of: model)
    self.init(
      model.configuration, drafters: kinds.map { DrafterMemory($0, model) },
      recorded: kinds.isEmpty ? 0 : DecodingMethod.longestBlock(of: kinds, model) + 1, tokens: tokens,
      promptRows: promptRows, isDrawn: !sampling.isGreedy)
  }

  /// The memory for decoding with the head of a model that is not opened.
  /// - Parameters:
  ///   - configuration: The model's configuration.
  ///   - tokens: Tokens of the prompt and after it at most.
  ///   - promptRows: Rows of a pass over the prompt at most.
  public init(head configuration: TextConfiguration, tokens: Int, promptRows: Int) {
    self.init(
      configuration, drafters: [DrafterMemory(head: configuration)], recorded: DecodingMethod.deepest + 1,
      tokens: tokens, promptRows: promptRows, isDrawn: false)
  }

  /// The memory of a request: rows that are given beside its tokens count, too.
  /// - Parameters:
  ///   - model: The model.
  ///   - method: The method, whose drafters count.
  ///   - prompt: Its tokens, and rows that are given.
  ///   - limit: Tokens after it at most.
  ///   - promptChunk: Rows of a pass over the prompt at most.
  ///   - sampling: What is drawn from keeps its distributions.
  ///   - prediction: Tokens that lookup may copy from.
  package init(
    _ model: LoadedModel, _ method: DecodingMethod, _ prompt: Prompt, limit: Int, promptChunk: Int, sampling: Sampling,
    prediction: Int
  ) {
    let (tokens, isBeyond) = prompt.tokens.count.addingReportingOverflow(max(0, limit))
    let rows = min(promptChunk, max(1, prompt.tokens.count))
    let known = SequenceMemory(
      model, method, tokens: isBeyond ? .max : tokens, promptRows: rows, sampling: sampling)
    var others = Saturating(0)
    // Given rows are copied for their pass, and for the head while they wait.
    if !prompt.embeddings.isEmpty {
      others = Saturating(DrafterMemory.waiting + max(1, rows)).times(
        2 * model.configuration.hidden * MemoryLayout<Float>.stride)
    }
    if method.kinds(of: model).contains(.lookup) {
      others = others.plus(Saturating(prediction).times(SequenceMemory.lookupBytes).value)
    }
    self.init(bytes: others.plus(known.bytes).value, rows: known.rows)
  }

  private init(bytes: Int, rows: Int) {
    self.bytes = bytes
    self.rows = rows
  }

  /// What lookup keeps of a token: itself and where it occurred.
  static let lookupBytes = DrafterMemory.lookupNumbers * MemoryLayout<Float>.stride

  private init(
    _ c: TextConfiguration, drafters: [DrafterMemory], recorded: Int, tokens: Int, promptRows: Int, isDrawn: Bool
  ) {
    let (positions, chunk) = (Saturating(max(1, tokens)), Saturating(max(1, promptRows)))
    let width = c.delta
    let full = c.fullAttention.filter { $0 }.count
    let deltas = c.layerCount - full
    // Keys and values, S, the convolution's inputs, and the record of rows that may be taken back.
    var numbers = positions.times(2 * c.attention.cacheWidth).times(full)
    let perState = width.stateCount + (width.taps - 1 + max(DeltaState.usual, recorded)) * width.channels
    let perRow = width.keyWidth + width.valueWidth + width.valueHeads
    numbers = numbers.plus(Saturating(perState + recorded * perRow).times(deltas).value)
    for drafter in drafters {
      // Rows wait in memory that doubles.
      numbers = numbers.plus(positions.times(drafter.perPosition).value).plus(drafter.fixed)
        .plus(chunk.times(2 * drafter.perPromptRow).value)
    }
    if isDrawn { numbers = numbers.plus(Saturating(recorded + 1).times(c.vocabulary).value) }
    bytes = numbers.times(MemoryLayout<Float>.stride).value
    rows = max(1, recorded)
  }
}

/// Numbers that a drafter keeps.
private struct DrafterMemory {
  var perPosition = 0
  var fixed = 0
  var perPromptRow = 0
  /// Rows that wait beside those of a pass over the prompt.
  static let waiting = 64
  /// A token and where it occurred, as so many numbers of four bytes.
  static let lookupNumbers = 16

  init() {}

  init(head c: TextConfiguration) {
    perPosition = 2 * c.attention.cacheWidth
    perPromptRow = c.hidden
    fixed = 2 * Self.waiting * c.hidden + c.vocabulary
  }

  init(_ kind: DrafterKind, _ model: LoadedModel) {
    let c = model.configuration
    switch kind {
    case .lookup:
      self.init()
      perPosition = DrafterMemory.lookupNumbers
    case .mtp: self.init(head: c)
    case .dflash:
      self.init()
      if let drafter = model.dflash { take(drafter.shape, taps: drafter.taps.count, others: 0) }
    case .eagle3:
      self.init()
      if let drafter = model.eagle3 { take(drafter.shape, taps: drafter.taps.count, others: 2 * c.vocabulary) }
    }
  }

  private mutating func take(_ shape: DrafterShape, taps: Int, others: Int) {
    let attention = shape.attention
    // Waiting streams and embeddings, what is made of them, and the passes' working memory.
    let row =
      (taps + 1) * shape.hidden + 5 * shape.hidden + 2 * attention.queryWidth + 2 * shape.wide
      + shape.rotary.dimension
    perPosition = 2 * attention.cacheWidth * shape.layers
    perPromptRow = row
    fixed = 2 * Self.waiting * row + others
  }
}

extension DecodingMethod {
  /// The most rows of a draft of some drafters.
  fileprivate static func longestBlock(of kinds: [DrafterKind], _ model: LoadedModel) -> Int {
    kinds.map { kind in
      switch kind {
      case .lookup: LookupDrafter.most
      case .mtp, .eagle3: deepest
      // A check's own drafts take its place.
      case .dflash: max(model.dflash?.block ?? longestBlock, LookupDrafter.most)
      }
    }.max() ?? 0
  }
}

/// A number that is not negative, and stays at the largest `Int` when it would become larger.
private struct Saturating {
  let value: Int

  init(_ value: Int) { self.value = value }

  func times(_ other: Int) -> Saturating {
    let (product, isBeyond) = value.multipliedReportingOverflow(by: other)
    return Saturating(isBeyond ? .max : product)
  }

  func plus(_ other: Int) -> Saturating {
    let (sum, isBeyond) = value.addingReportingOverflow(other)
    return Saturating(isBeyond ? .max : sum)
  }
}
