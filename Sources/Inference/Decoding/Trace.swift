/// What a model computes for one prompt, as values: for comparisons with other runners. All arrays are row-major f32.
public struct Trace: Sendable {
  /// State of one layer after the prompt.
  public enum LayerState: Sendable {
    /// Keys after norm and rotation, and values: [positions, Nkv, D].
    case attention(keys: [Float], values: [Float])
    /// Inputs of the convolution that the next token needs, oldest first, [K − 1, C]; recurrent state [Hv, dv, dk].
    case delta(convolution: [Float], recurrent: [Float])
  }

  /// The prompt.
  public let tokens: [Int]
  /// Residual stream after each layer: [T, H] each.
  public let hidden: [[Float]]
  /// Hidden states after the final norm: [T, H].
  public let hiddenFinal: [Float]
  /// [T, V].
  public let logits: [Float]
  /// The state of each layer after the prompt.
  public let layers: [LayerState]
  /// Greedy continuation and the logits that each of its tokens was chosen by, [N, V].
  public let greedy: [Int]
  /// The logits that each token of the continuation was chosen by, [N, V].
  public let greedyLogits: [Float]
  /// Output of the head for true pairs over prompt and continuation: row i pairs token i + 1 with the hidden state of
  /// token i and scores token i + 2. [T + N − 1, H] and [T + N − 1, V]; empty without a head.
  public let headHidden: [Float]
  /// The head's logits for the rows of `headHidden`, [T + N − 1, V].
  public let headLogits: [Float]
  /// Rounds of MTP decoding; empty without a head or with a depth of 0.
  public let rounds: [DecodingRound]
}

extension LoadedModel {
  /// Traces a prompt.
  /// - Parameters:
  ///   - prompt: The prompt, with images if it has some.
  ///   - limit: Tokens of the greedy continuation; stop tokens do not end it.
  ///   - depth: Drafted tokens a round, 0 for no MTP decoding.
  ///   - threads: Threads that compute; nil for the number of processors. Results do not depend on it.
  ///   - promptChunk: Rows of a pass over the prompt, at least 1. Results do not depend on it.
  ///   - arithmetic: The arithmetic of the products; another than the canonical one yields other results.
  /// - Throws: ``InferenceError`` as ``DecodingSession/decode(_:_:_:)``.
  public func trace(
    _ prompt: Prompt, limit: Int, depth: Int = 0, threads: Int? = nil, promptChunk: Int = 256,
    arithmetic: Arithmetic = .canonical
  ) throws(InferenceError) -> Trace {
    let session = DecodingSession(self, threads: threads, promptChunk: promptChunk, arithmetic: arithmetic)
    try arithmetic.check()
    try prompt.check(configuration)
    let pass = PromptTrace(prompt, session)

    var greedyLogits: [Float] = []
    var recorder: HeadRecorder?
    var options = DecodingOptions(limit: limit, onLogits: { greedyLogits += $2 })
    let greedy = try session.decode(prompt, .vanilla, options) { session in
      recorder = session.model.head.map { HeadRecorder($0, engine: session.engine) }
      return recorder
    }
    let continuation = Array(greedy)
    try greedy.requireSuccess()

    var rounds: [DecodingRound] = []
    if depth > 0 {
      options.onLogits = nil
      options.onRound = { rounds.append($0) }
      let drafting = DecodingSession(
        self, pool: session.engine.pool, promptChunk: promptChunk, arithmetic: arithmetic)
      let drafted = try drafting.decode(prompt, .mtp(depth: depth), options)
      for _ in drafted {}
      try drafted.requireSuccess()
    }
    return Trace(
      tokens: prompt.tokens, hidden: pass.hidden, hiddenFinal: pass.hiddenFinal, logits: pass.logits,
      layers: pass.state.layerStates, greedy: continuation, greedyLogits: greedyLogits,
      headHidden: recorder?.hidden ?? [], headLogits: recorder?.logits ?? [], rounds: rounds)
  }
}

/// One run over a prompt that keeps everything.
private final class PromptTrace {
  let state: TextState
  var hidden: [[Float]]
  var hiddenFinal: [Float] = []
  var logits: [Float] = []

  init(_ prompt: Prompt, _ session: DecodingSession) {
    let (engine, configuration) = (session.engine, session.model.configuration)
    state = TextState(configuration)
    hidden = Array(repeating: [], count: configuration.layerCount)
    engine.onLayer = { [self] layer, residual, rows in
      hidden[layer] += UnsafeBufferPointer(start: residual, count: rows * configuration.hidden)
    }
    defer { engine.onLayer = nil }
    let embeddings = prompt.embeddings.mapValues { FloatBuffer($0) }
    var start = 0
    while start < prompt.tokens.count {
      let range = start..<min(start + session.promptChunk, prompt.tokens.count)
      let rows = PassRows(
        tokens: Array(prompt.tokens[range]), positions: range.map(prompt.position),
        given: range.map { embeddings[$0].map { UnsafePointer($0.pointer) } })
      engine.run(rows, state: state, recording: false)
      state.accept(range.count)
      hiddenFinal += UnsafeBufferPointer(
        start: engine.scratch.hidden.pointer, count: range.count * configuration.hidden)
      logits += UnsafeBufferPointer(
        start: engine.logits(rows: 0..<range.count), count: range.count * configuration.vocabulary)
      start = range.upperBound
    }
  }
}

/// Drafts nothing; runs the head on every true pair and keeps what comes out.
private final class HeadRecorder: Drafter {
  private let engine: TextEngine
  private let head: MTPHead
  private let cache: AttentionCache
  private(set) var hidden: [Float] = []
  private(set) var logits: [Float] = []
  package private(set) var rowsRun = 0

  init(_ head: MTPHead, engine: TextEngine) {
    self.head = head
    self.engine = engine
    cache = AttentionCache(width: engine.configuration.attention.cacheWidth)
  }

  package func observe(_ kept: KeptRows) {
    let (rows, states) = (kept.pairs, kept.hidden)
    let configuration = engine.configuration
    // The head's passes use the memory that the states are in.
    let copy = FloatBuffer(Array(UnsafeBufferPointer(start: states, count: rows.count * configuration.hidden)))
    for row in 0..<rows.count {
      let pair = PassRows(
        tokens: [rows.tokens[row]], positions: [rows.positions[row]], given: [rows.embedding(row)])
      guard
        let output = engine.runHead(
          head, pair, hidden: copy.pointer + row * configuration.hidden, cache: cache, producing: true)
      else { continue }
      hidden += UnsafeBufferPointer(start: output, count: configuration.hidden)
      logits += UnsafeBufferPointer(
        start: engine.logits(of: output, rows: 1), count: configuration.vocabulary)
      rowsRun += 1
    }
  }

  package func draft(_ request: DraftRequest, into drafts: inout [Int], choose: (UnsafePointer<Float>) -> Int) {}
  package func replaceLast(token: Int, embedding: UnsafePointer<Float>?) {}
  package func copy(engine: TextEngine) -> any Drafter { HeadRecorder(head, engine: engine) }
}

extension TextState {
  /// The accepted state of every layer.
  package var layerStates: [Trace.LayerState] {
    layers.map { layer in
      switch layer {
      case .attention(let cache):
        let count = cache.length * cache.width
        return .attention(
          keys: Array(UnsafeBufferPointer(start: cache.keys.pointer, count: count)),
          values: Array(UnsafeBufferPointer(start: cache.values.pointer, count: count)))
      case .delta(let state): return .delta(convolution: Array(state.history), recurrent: state.settled().values)
      }
    }
  }
}
