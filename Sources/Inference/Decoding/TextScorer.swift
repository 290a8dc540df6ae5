import Threads

/// Logits of every position of given texts.
public final class TextScorer {
  private let model: LoadedModel
  private let engine: TextEngine
  private var state: TextState
  /// Rows of the last pass.
  private var rowsRun = 0

  /// - Parameters:
  ///   - model: The model.
  ///   - pool: The threads that compute; several scorers and sessions may share them, taking turns.
  ///   - arithmetic: The arithmetic of the products; another than the canonical one yields other results.
  public init(_ model: LoadedModel, pool: WorkerPool, arithmetic: Arithmetic = .canonical) {
    self.model = model
    engine = TextEngine(model, pool: pool, arithmetic: arithmetic)
    state = TextState(model.configuration)
  }

  /// Tells `body` of each matrix of a pass by the place of its codes (``ModelVariants/places(of:)``), before its product is
  /// formed: what it takes, [rows, columns], and the number of rows. The pool is idle then.
  package func onInput(_ body: @escaping (_ place: UnsafeRawPointer, UnsafePointer<Float>, _ rows: Int) -> Void) {
    engine.products.onInput = { matrix, x, rows in body(matrix.codes, x, rows) }
  }

  /// Begins a new text.
  public func restart() {
    state.restart()
    rowsRun = 0
  }

  /// Runs the next tokens of the text in one pass. How a text is cut into passes changes no bit.
  /// - Returns: [tokens.count, V]: row i scores the token after token i. Valid until the next call.
  /// - Throws: ``InferenceError/prompt(expected:found:)``, ``InferenceError/logits(model:of:position:token:)``,
  ///   ``InferenceError/arithmetic(name:expected:)``.
  public func logits(_ tokens: some Collection<Int>) throws(InferenceError) -> UnsafeBufferPointer<Float> {
    try run(tokens)
    return try logits(rows: 0..<tokens.count)
  }

  /// Runs the next tokens of the text in one pass, whose logits are asked for later, in parts.
  /// - Throws: ``InferenceError/prompt(expected:found:)``, ``InferenceError/arithmetic(name:expected:)``.
  public func run(_ tokens: some Collection<Int>) throws(InferenceError) {
    try engine.arithmetic.check()
    let prompt = Prompt(Array(tokens))
    try prompt.check(model.configuration)
    let before = state.length
    let positions = prompt.tokens.indices.map { TokenPosition(before + $0) }
    engine.run(PassRows(tokens: prompt.tokens, positions: positions), state: state, recording: false)
    state.accept(prompt.tokens.count)
    rowsRun = prompt.tokens.count
  }

  /// Logits of some tokens of the last pass.
  /// - Parameter rows: Numbers of rows in the pass; what is beyond it is left out.
  /// - Returns: [rows, V], valid until the next call.
  /// - Throws: ``InferenceError/logits(model:of:position:token:)``.
  public func logits(rows: Range<Int>) throws(InferenceError) -> UnsafeBufferPointer<Float> {
    let rows = rows.clamped(to: 0..<rowsRun)
    let logits = engine.logits(rows: rows)
    try FiniteLogits(model: model).require(
      logits, rows: rows.count, position: state.length - rowsRun + rows.lowerBound)
    return UnsafeBufferPointer(start: logits, count: rows.count * model.configuration.vocabulary)
  }
}
