import Threads

/// A model with the state of one sequence: decodes prompts, one after another.
///
/// A prompt that begins with all tokens of the state, and goes on, takes the state over and runs only its new tokens;
/// any other prompt begins anew. Which happened never shows in a result, only in
/// ``DecodingStatistics/reusedRows``. A session serves one decoding at a time.
///
///     let model = try LoadedModel.open("path/to/package")
///     let session = DecodingSession(model)
///     let decoding = try session.decode([1, 2, 3], .mtp(depth: 2), DecodingOptions(limit: 64, stops: [7]))
///     for token in decoding { print(token) }
///     try decoding.requireSuccess()
public final class DecodingSession {
  /// The model that is run.
  public let model: LoadedModel
  /// Tokens of the prompt that go through the model in one pass.
  public let promptChunk: Int
  /// How matrix products are formed.
  public var arithmetic: Arithmetic { engine.arithmetic }
  /// What computes the passes of the trunk.
  package let engine: TextEngine
  /// The caches and recurrent states of the tokens that were run.
  package private(set) var state: TextState
  /// The tokens whose rows are in `state`.
  package private(set) var tokens: [Int] = []
  /// What drafts, by kind; each has observed all rows of `tokens`.
  private(set) var drafters: [DrafterKind: any Drafter] = [:]
  /// A defect for tests of checks; see ``PlantedDefect``.
  package var plantedDefect: PlantedDefect?
  /// What was learned of drafts: times and acceptance are those of the model, so the next decoding goes on from it.
  package private(set) var learned: [DecodingMethod: any DraftController] = [:]
  /// Takes the place of what the method would say; for tests.
  package var imposedController: (any DraftController)?
  /// The prompt that `tokens` began with: its positions and image rows are those of the state.
  private var begun = Prompt([])
  /// Positions for which there is room from the beginning.
  let positions: Int
  /// Whether other sessions run on the engine, too.
  private let isSharing: Bool

  /// - Parameters:
  ///   - model: The model, with its head if MTP decoding is wanted.
  ///   - threads: Threads that compute; nil for the number of processors. Results do not depend on it.
  ///   - promptChunk: Rows of a pass over the prompt, at least 1. Results do not depend on it.
  ///   - arithmetic: Another than the canonical one yields other results. ``decode(_:_:_:)`` refuses one that the
  ///     machine does not have.
  public convenience init(
    _ model: LoadedModel, threads: Int? = nil, promptChunk: Int = 256, arithmetic: Arithmetic = .canonical
  ) {
    self.init(model, pool: WorkerPool(threads: threads), promptChunk: promptChunk, arithmetic: arithmetic)
  }

  /// A session on the threads of a pool that several sessions share; they take turns.
  public init(
    _ model: LoadedModel, pool: WorkerPool, promptChunk: Int = 256, arithmetic: Arithmetic = .canonical
  ) {
    self.model = model
    self.promptChunk = max(1, promptChunk)
    engine = TextEngine(model, pool: pool, arithmetic: arithmetic)
    positions = AttentionCache.usual
    isSharing = false
    state = TextState(model.configuration)
  }

  /// A session on an engine that others use as well.
  init(_ model: LoadedModel, sharing engine: TextEngine, promptChunk: Int, positions: Int) {
    self.model = model
    self.promptChunk = max(1, promptChunk)
    self.engine = engine
    self.positions = positions
    isSharing = true
    state = TextState(model.configuration, positions: positions)
  }

  /// A separate session that holds the same tokens: what is decoded in one does not change the other. For answers
  /// that begin with one and the same prompt.
  public func fork() -> DecodingSession {
    let fork = DecodingSession(model, pool: engine.pool, promptChunk: promptChunk, arithmetic: arithmetic)
    fork.state = state.copy()
    fork.tokens = tokens
    fork.begun = begun
    fork.learned = learned.mapValues { $0.copy() }
    fork.drafters = drafters.mapValues { $0.copy(engine: fork.engine) }
    fork.engine.taps.keep(fork.drafters.values.flatMap(\.tappedLayers))
    return fork
  }

  /// Runs the prompt and returns the decoding, which makes a token at each `next()`.
  /// - Throws: ``InferenceError`` for an empty or wrong prompt, an option out of range, MTP without a head, or an
  ///   arithmetic that the machine does not have.
  public func decode(
    _ prompt: Prompt, _ method: DecodingMethod = .vanilla, _ options: DecodingOptions
  ) throws(InferenceError) -> Decoding {
    try decode(wrapping: nil, prompt, method, options)
  }

  /// The same as ``decode(_:_:_:)``, with drafters that are made into others.
  package func decode(
    wrapping wrap: ((any Drafter) -> any Drafter)?, _ prompt: Prompt, _ method: DecodingMethod,
    _ options: DecodingOptions
  ) throws(InferenceError) -> Decoding {
    try method.check(model)
    try DecodingSession.checkConstraint(method, options)
    return try decode(prompt, method, options, kinds: method.kinds(of: model)) { session, kind in
      session.drafter(kind).map { wrap?($0) ?? $0 }
    }
  }

  /// A decoding whose prompt is not run yet: its passes are made by ``SharedPasses/step(_:)``, which made the session.
  package func start(
    wrapping wrap: ((any Drafter) -> any Drafter)? = nil, _ prompt: Prompt, _ method: DecodingMethod,
    _ options: DecodingOptions
  ) throws(InferenceError) -> Decoding {
    try method.check(model)
    try DecodingSession.checkConstraint(method, options)
    try begin(prompt, options, kinds: method.kinds(of: model)) { session, kind in
      session.drafter(kind).map { wrap?($0) ?? $0 }
    }
    return Decoding(self, prompt, method, options)
  }

  /// The same as ``start(wrapping:_:_:_:)``, with the caller's drafter.
  package func start(
    _ prompt: Prompt, _ method: DecodingMethod, _ options: DecodingOptions,
    drafter make: (DecodingSession) -> (any Drafter)?
  ) throws(InferenceError) -> Decoding {
    try begin(prompt, options, kinds: [method.kinds(of: model).first ?? .mtp]) { session, _ in make(session) }
    return Decoding(self, prompt, method, options)
  }

  /// The same as ``decode(_:_:_:)``, with the caller's drafter.
  package func decode(
    _ prompt: Prompt, _ method: DecodingMethod, _ options: DecodingOptions,
    drafter make: (DecodingSession) -> (any Drafter)?
  ) throws(InferenceError) -> Decoding {
    // What only looks on is there for vanilla decoding, too.
    try decode(prompt, method, options, kinds: [method.kinds(of: model).first ?? .mtp]) { session, _ in make(session) }
  }

  /// A drafter of the model; nil where there is none of the kind.
  private func drafter(_ kind: DrafterKind) -> (any Drafter)? {
    switch kind {
    case .lookup: LookupDrafter()
    case .mtp: MTPDrafter(self)
    case .dflash: model.dflash.map { DFlashDrafter($0, engine: engine, positions: positions) }
    case .eagle3: model.eagle3.map { Eagle3Drafter($0, engine: engine, positions: positions) }
    }
  }

  private func decode(
    _ prompt: Prompt, _ method: DecodingMethod, _ options: DecodingOptions, kinds: [DrafterKind],
    make: (DecodingSession, DrafterKind) -> (any Drafter)?
  ) throws(InferenceError) -> Decoding {
    try begin(prompt, options, kinds: kinds, make: make)
    let decoding = Decoding(self, prompt, method, options)
    try decoding.runPrompt()
    return decoding
  }

  /// Makes the session ready for a prompt: it goes on from its tokens, or has none.
  private func begin(
    _ prompt: Prompt, _ options: DecodingOptions, kinds: [DrafterKind],
    make: (DecodingSession, DrafterKind) -> (any Drafter)?
  ) throws(InferenceError) {
    try arithmetic.check()
    try DecodingSession.check(model, prompt, options)
    if !goesOn(prompt, kinds: kinds) {
      state.restart()
      state.plantedDefect = plantedDefect
      tokens = []
      drafters = [:]
      for kind in kinds { drafters[kind] = make(self, kind) }
      let taps = drafters.values.flatMap(\.tappedLayers)
      if isSharing { engine.taps.include(taps) } else { engine.taps.keep(taps) }
      for drafter in drafters.values { (drafter as? MTPDrafter)?.plantedDefect = plantedDefect }
    } else if let token = prompt.tokens.dropFirst(tokens.count).first {
      let row = prompt.embeddings[tokens.count].map { FloatBuffer($0) }
      withExtendedLifetime(row) {
        for drafter in drafters.values {
          drafter.replaceLast(token: token, embedding: row.map { UnsafePointer($0.pointer) })
        }
      }
    }
    for drafter in drafters.values {
      (drafter as? MTPDrafter)?.measureLoss(options.measuresShortlist)
      drafter.begin(prompt.tokens, shortlist: options.draftShortlist, prediction: options.prediction)
    }
    begun = prompt
  }

  /// What a decoding of a model refuses, before anything is run.
  /// - Throws: ``InferenceError``.
  package static func check(
    _ model: LoadedModel, _ prompt: Prompt, _ method: DecodingMethod, _ options: DecodingOptions
  ) throws(InferenceError) {
    try method.check(model)
    try check(model, prompt, options)
    try checkConstraint(method, options)
  }

  /// Refuses a constraint for a method that takes drafts unchecked: it cannot bind the text to anything.
  private static func checkConstraint(
    _ method: DecodingMethod, _ options: DecodingOptions
  ) throws(InferenceError) {
    guard case .optimistic = method, options.constraint != nil else { return }
    throw .option(name: "constraint", expected: "a decoder that checks its drafts", found: method.name)
  }

  private static func check(
    _ model: LoadedModel, _ prompt: Prompt, _ options: DecodingOptions
  ) throws(InferenceError) {
    try prompt.check(model.configuration)
    try options.sampling.check()
    guard options.limit >= 0 else {
      throw .option(name: "limit", expected: "0 or more tokens", found: "\(options.limit)")
    }
    guard options.draftShortlist >= 0 else {
      throw .option(name: "draft shortlist", expected: "0 or more ids", found: "\(options.draftShortlist)")
    }
  }

  /// What drafts now has seen all rows of the state, so no other kind may join.
  private func goesOn(_ prompt: Prompt, kinds: [DrafterKind]) -> Bool {
    !tokens.isEmpty && Set(kinds) == Set(drafters.keys) && prompt.tokens.count > tokens.count
      && prompt.tokens.starts(with: tokens) && hasSameRows(prompt)
  }

  /// Whether a prompt has the state's positions and image rows at all tokens of the state.
  private func hasSameRows(_ prompt: Prompt) -> Bool {
    if prompt.isText, begun.isText { return true }
    return tokens.indices.allSatisfy { index in
      prompt.position(index) == begun.position(index) && prompt.embeddings[index] == begun.embeddings[index]
    }
  }

  /// What it knows of its tokens, by itself. Between passes.
  package func snapshot() -> SessionSnapshot {
    SessionSnapshot(
      tokens: tokens, state: state.copy(positions: 0),
      drafters: drafters.mapValues { $0.copy(engine: engine, positions: 0) })
  }

  /// Takes the tokens of a snapshot over: a decoding of a prompt that goes on from them runs only its new ones. Nothing
  /// else is taken over, so that the decoding drafts as one that began with the whole prompt.
  ///
  /// Whoever keeps snapshots has compared the tokens, their positions and their given rows.
  package func restore(_ snapshot: SessionSnapshot, for prompt: Prompt, _ method: DecodingMethod) {
    state = snapshot.state.copy(positions: positions)
    tokens = snapshot.tokens
    begun = prompt
    drafters = [:]
    for kind in method.kinds(of: model) {
      drafters[kind] = snapshot.drafters[kind]?.copy(engine: engine, positions: positions)
    }
    (drafters[.mtp] as? MTPDrafter)?.measureLoss(false)
    let taps = drafters.values.flatMap(\.tappedLayers)
    if isSharing { engine.taps.include(taps) } else { engine.taps.keep(taps) }
  }

  /// Forgets its tokens and what was learned of drafts: the next decoding begins as in a new session, but in memory that
  /// is there already.
  package func forget() {
    tokens = []
    learned = [:]
  }

  /// Bytes of the caches and states that it has made so far, its drafters' among them.
  package var heldBytes: Int {
    drafters.values.reduce(state.numbers) { $0 + $1.numbers } * MemoryLayout<Float>.stride
  }

  /// What says how much is drafted: what it has learned before is not lost.
  func controller(for method: DecodingMethod) -> any DraftController {
    if let controller = imposedController ?? learned[method] { return controller }
    let (controller, learns) = method.controller(model)
    if learns { learned[method] = controller }
    return controller
  }

  /// Shows rows that were kept to all drafters: their tokens, and the pairs of what follows each.
  func observe(_ tokens: ArraySlice<Int>, _ pairs: PassRows, _ pass: PassOutcome) {
    let rows = KeptRows(
      tokens: tokens, pairs: pairs, hidden: pass.hidden, taps: engine.taps, first: pass.first)
    for drafter in drafters.values { drafter.observe(rows) }
  }

  /// What could be copied next.
  var copyable: CopyableText? { drafters[.lookup]?.copyable }

  /// Counts rows that were accepted.
  func commit(_ kept: ArraySlice<Int>) {
    tokens += kept
    state.accept(kept.count)
  }
}

// Passes by themselves, for benchmarks. Both leave the session's tokens as they are.
extension DecodingSession {
  /// Seconds of a pass of some tokens after the session's, with the logits of all of them.
  package func passSeconds(_ ids: [Int]) -> Double {
    let rows = PassRows(tokens: ids, positions: ids.indices.map { TokenPosition(state.length + $0) })
    let time = ContinuousClock().measure {
      engine.run(rows, state: state, recording: ids.count > 1)
      _ = engine.logits(rows: 0..<ids.count)
    }
    state.accept(0)
    return time.seconds
  }

  /// Seconds in which a drafter drafts one token after the session's last pass.
  package func draftSeconds(_ drafter: MTPDrafter, token: Int) -> Double {
    let row = PassRows(tokens: [token], positions: [TokenPosition(state.length)])
    var drafts: [Int] = []
    return ContinuousClock().measure {
      drafter.observe(
        KeptRows(tokens: [token], pairs: row, hidden: engine.headInput(row: 0), taps: engine.taps))
      drafter.draft(DraftRequest(count: 1, room: 1, position: state.length), into: &drafts) {
        Vector.argmax($0, count: model.configuration.vocabulary)
      }
    }.seconds
  }
}
