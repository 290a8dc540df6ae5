/// A decoding under way: a sequence of tokens. Stopping to ask for tokens is all it takes to end it early.
public final class Decoding: Sequence, IteratorProtocol {
  /// Why a decoding ended.
  public enum Finish: Sendable, Hashable {
    /// A stop token was decoded; it is the last token given.
    case stop(Int)
    /// The limit was reached.
    case limit
  }

  /// Nil while tokens may still come, and after a failure.
  public internal(set) var finish: Finish?
  /// What ended the decoding before its time; ``requireSuccess()`` throws it.
  public internal(set) var failure: InferenceError?
  /// Counts and times so far.
  public internal(set) var statistics = DecodingStatistics()
  /// The state that it goes over.
  package let session: DecodingSession
  let prompt: Prompt
  let method: DecodingMethod
  let options: DecodingOptions
  let controller: any DraftController
  var check: DraftCheck
  /// The constraint on the text, as far as it was decoded.
  let constraint: (any ConstrainedText)?
  /// Tokens decoded but not yet returned.
  private var ready: [Int] = []
  private var given = 0
  /// Tokens decoded.
  var count = 0
  /// All of them, where rules ask for them.
  var decoded: [Int] = []
  /// The newest token, not yet run through the target.
  var newest = 0
  /// The rows of the pass that is due.
  var rows = PassRows()
  /// Whether they may be taken back.
  var isRecording = false
  /// The rows whose logits are wanted.
  var wanted = 0..<0
  /// Embeddings of the rows of the prompt that are due, and of the one after them.
  var embeddings: [Int: FloatBuffer] = [:]
  // State of a round; its lists keep their memory for the next one.
  var round: PlannedRound?
  var drafts: [Int] = []
  var emitted: [Int] = []
  var pairs = PassRows()
  /// What the engine had read before the first round.
  var bytesBefore = 0

  var engine: TextEngine { session.engine }

  /// A decoding whose prompt is still to be run.
  init(
    _ session: DecodingSession, _ prompt: Prompt, _ method: DecodingMethod, _ options: DecodingOptions
  ) {
    self.session = session
    self.prompt = prompt
    self.method = method
    self.options = options
    check = DraftCheck(options.sampling, vocabulary: session.model.configuration.vocabulary)
    constraint = options.constraint?.begin()
    controller = session.controller(for: method)
    statistics.reusedRows = session.tokens.count
  }

  /// Throws when the decoding failed. Call it when no token comes any more: one that failed ends like one that is done.
  /// - Throws: ``InferenceError/logits(model:of:position:token:)``.
  public func requireSuccess() throws(InferenceError) {
    if let failure { throw failure }
  }

  /// The next token; nil at the end.
  public func next() -> Int? {
    while given == ready.count {
      guard finish == nil, failure == nil else { return nil }
      ready.removeAll(keepingCapacity: true)
      given = 0
      runRound()
    }
    given += 1
    return ready[given - 1]
  }

  /// Runs the prompt chunk by chunk and decodes the first token.
  /// - Throws: ``InferenceError/logits(model:of:position:token:)``.
  func runPrompt() throws(InferenceError) {
    let operations = engine.products.operations
    statistics.promptTime = ContinuousClock().measure {
      while waitingRows > 0 {
        fillPrompt(most: session.promptChunk)
        engine.run(rows, state: session.state, recording: false)
        complete(passAlone(.zero))
      }
    }
    statistics.promptOperations = engine.products.operations - operations
    try requireSuccess()
  }

  /// Drafts, lets the target check, takes back what it refused, and returns the rest.
  private func runRound() {
    let clock = ContinuousClock()
    planDraft()
    let time = clock.measure { draftAlone() }
    round?.draftTime = time
    guard failure == nil else { return }
    fillRound()
    let run = clock.measure { engine.run(rows, state: session.state, recording: isRecording) }
    complete(passAlone(run))
  }

  /// What a pass of this decoding alone left.
  private func passAlone(_ time: Duration) -> PassOutcome {
    PassOutcome(first: 0, hidden: engine.headInput(row: 0), time: time) {
      [engine = self.engine, wanted = self.wanted] in
      engine.logits(rows: wanted)
    }
  }

  func give(_ tokens: [Int]) {
    ready += tokens
    count += tokens.count
    if !options.rules.isEmpty { decoded += tokens }
    statistics.tokens = count
    if let last = tokens.last, options.stops.contains(last) {
      finish = .stop(last)
    } else if count >= options.limit {
      finish = .limit
    }
  }

  /// Tokens that were decoded and not yet taken, where nobody asks for the next one.
  package func takeReady() -> [Int] {
    defer {
      ready.removeAll(keepingCapacity: true)
      given = 0
    }
    return Array(ready[given...])
  }
}

extension Duration {
  var seconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}
