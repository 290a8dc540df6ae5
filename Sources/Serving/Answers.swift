import Batching
import Diagnostics
import Inference
import OutputParsing
import Threads

/// What is counted of a request at its end.
package struct AnswerTotals: Sendable {
  /// Why it ended: stop, length, cancelled, error.
  package var finish: String
  /// Its counts.
  package var usage: AnswerUsage
  /// Counts of each of its decodings that came to its end.
  package var decodings: [DecodingStatistics]
  /// Calls of tools that nobody declared.
  package var unknownCalls: Int
}

/// The answers to one request while they are decoded. Events of the engine come in; steps of answers go out, in the order
/// of the engine's. Safe from any thread.
///
/// What goes out is noted under the lock and passed on without it. Whoever passes it on may wait for a lock of the
/// reader's task, with which a reader that leaves comes to ours.
final class Answers: Sendable {
  private struct Choice {
    var parser: OutputParser
    var count = 0
    var finish: AnswerFinish?
    var isOver = false
    /// Whether it has the one call that it may have.
    var hasCalled = false
    /// Tokens of the prompt that are told already.
    var scored = 0
    /// Whether it takes no more tokens.
    var isDone: Bool { parser.stop != nil || hasCalled || finish != nil }
  }

  /// What goes out.
  private enum Step {
    case event(AnswerEvent)
    case end(AnswerTotals)
  }

  private struct State {
    var choices: [Choice]
    var handles: [any GenerationHandle] = []
    var hasStarted = false
    var decodings: [DecodingStatistics] = []
    var cached = 0
    var isOver = false
    var isCancelled = false
    /// Jobs to be ended once the lock is free: an engine may answer at once.
    var leaving: [any GenerationHandle] = []
    /// What is to go out, and whether a thread is passing it on.
    var steps: [Step] = []
    var isGiving = false

    mutating func give(_ event: AnswerEvent) { steps.append(.event(event)) }
  }

  private let state: Guarded<State>
  private let prepared: PreparedRequest
  private let give: @Sendable (AnswerEvent) -> Void
  private let record: @Sendable (AnswerTotals) -> Void

  init(
    _ prepared: PreparedRequest, _ model: TextModel, give: @escaping @Sendable (AnswerEvent) -> Void,
    end: @escaping @Sendable (AnswerTotals) -> Void
  ) {
    self.prepared = prepared
    self.give = give
    record = end
    let request = prepared.request
    var choices: [Choice] = []
    for index in prepared.jobs.indices {
      let prompt = prepared.prompts[index / max(1, request.choices)]
      var parser = OutputParser(
        model.tokenizer, marks: prompt.isChat ? model.marks : OutputMarks(), isThinking: prompt.isThinking,
        tools: request.tools, parsesCalls: prompt.isChat && Self.parsesCalls(request), isChat: prompt.isChat,
        stops: request.stops)
      if let forced = prompt.forced { parser.begin(call: forced) }
      choices.append(Choice(parser: parser))
    }
    state = Guarded(State(choices: choices))
  }

  /// Whether marks of calls are parsed: without tools, and where the request wants none called, they are text.
  private static func parsesCalls(_ request: GenerationRequest) -> Bool {
    guard let conversation = request.conversation else { return false }
    return !conversation.tools.isEmpty && conversation.toolChoice != .none
  }

  /// Keeps the handles of the jobs that were begun. An engine may have been faster than its handle.
  func began(_ handles: [any GenerationHandle]) {
    let late = state.withLock { state in
      state.handles = handles
      if state.isCancelled || state.isOver { return handles }
      return handles.indices.filter { state.choices[$0].finish != nil && !state.choices[$0].isOver }.map { handles[$0] }
    }
    for handle in late { handle.cancel() }
  }

  /// The request is not taken after all: nothing is given or counted of what was begun.
  func abandon() {
    let handles = state.withLock { state in
      state.isOver = true
      return state.handles
    }
    for handle in handles { handle.cancel() }
  }

  /// The reader is gone.
  func cancel() {
    let handles = state.withLock { state in
      state.isCancelled = true
      return state.handles
    }
    for handle in handles { handle.cancel() }
  }

  /// Takes an event of one job.
  func take(_ event: GenerationEvent, _ index: Int) {
    let (leaving, isOurs) = state.withLock { state in
      take(event, index, &state)
      // Who comes while another thread passes pieces on leaves them to that one, so that there is one order.
      let isOurs = !state.isGiving
      state.isGiving = true
      defer { state.leaving = [] }
      return (state.leaving, isOurs)
    }
    if isOurs { giveAll() }
    for handle in leaving { handle.cancel() }
  }

  /// Passes on what is noted, and what is noted meanwhile.
  private func giveAll() {
    while true {
      let (steps, isCancelled) = state.withLock { state in
        defer { state.steps = [] }
        state.isGiving = !state.steps.isEmpty
        return (state.steps, state.isCancelled)
      }
      guard !steps.isEmpty else { return }
      for step in steps {
        switch step {
        // Nobody reads any more.
        case .event(let event): if !isCancelled { give(event) }
        case .end(let totals): record(totals)
        }
      }
    }
  }

  private func take(_ event: GenerationEvent, _ index: Int, _ state: inout sending State) {
    guard !state.isOver, state.choices.indices.contains(index), !state.choices[index].isOver else { return }
    switch event {
    case .started:
      if !state.hasStarted { state.give(.started) }
      state.hasStarted = true
      // Nothing comes before the first token, so there is nothing that it could be likely after.
      if let first = prepared.jobs[index].scored.first {
        state.choices[index].scored = 1
        state.give(.delta(index, [], tokens: [GeneratedToken(id: first)], ids: []))
      }
    case .tokens(let tokens): take(tokens, index, &state)
    case .finished(let finish, let statistics):
      count(statistics, index, &state)
      end(index, finish == .limit ? .length : .end, &state)
      leave(index, &state)
    case .cancelled(let statistics):
      if let statistics { count(statistics, index, &state) }
      // For an answer that a stop string ended, this is the end that was asked for.
      guard state.choices[index].finish == nil else { return leave(index, &state) }
      // A reader who is still there is told that this is no end.
      if !state.isCancelled {
        state.give(.failed(APIError(.unavailable, "the server ended the answer", code: "shutting_down")))
      }
      close("cancelled", &state)
    case .failed(let error):
      state.give(.failed(Self.failure(error)))
      close("error", &state)
    }
  }

  /// A job that was taken was right: what ends it before its time is the server's, whatever it would be elsewhere.
  private static func failure(_ error: any CambiumError) -> APIError {
    if let error = error as? BatchError { return APIError(error) }
    return .fault(Diagnostic.words(error), code: error.diagnostic.code)
  }

  private func take(_ tokens: [GeneratedToken], _ index: Int, _ state: inout sending State) {
    var pieces: [OutputPiece] = []
    var told: [GeneratedToken] = []
    var ids: [Int] = []
    for token in tokens where !state.choices[index].isDone {
      guard state.choices[index].scored >= prepared.jobs[index].scored.count else {
        state.choices[index].scored += 1
        told.append(token)
        continue
      }
      state.choices[index].count += 1
      ids.append(token.id)
      // The token that ends the answer is none of its text.
      guard !prepared.jobs[index].stops.contains(token.id) else { continue }
      let more = state.choices[index].parser.append(token.id)
      pieces += more
      if prepared.request.conversation?.callsOnce == true, more.contains(.callEnded) {
        state.choices[index].hasCalled = true
      }
      if prepared.request.logprobs != nil, state.choices[index].parser.isInText { told.append(token) }
    }
    guard !ids.isEmpty || !told.isEmpty else { return }
    state.give(.delta(index, OutputPiece.joined(pieces), tokens: told, ids: ids))
    if state.choices[index].parser.stop != nil || state.choices[index].hasCalled {
      end(index, .end, &state)
      if state.handles.indices.contains(index) { state.leaving.append(state.handles[index]) }
    }
  }

  private func count(_ statistics: DecodingStatistics, _ index: Int, _ state: inout sending State) {
    // Drafts of a text that is known already say nothing of a drafter.
    guard prepared.jobs[index].scored.isEmpty else { return }
    state.decodings.append(statistics)
    // All answers to one prompt begin with the same state.
    if index % max(1, prepared.request.choices) == 0 { state.cached += statistics.reusedRows }
  }

  /// The answer has its end; the engine may be about to say so.
  private func end(_ index: Int, _ finish: AnswerFinish, _ state: inout sending State) {
    guard state.choices[index].finish == nil else { return }
    let rest = state.choices[index].parser.finish(isCut: finish == .length)
    if !rest.isEmpty { state.give(.delta(index, rest, tokens: [], ids: [])) }
    let ended = state.choices[index].parser.stop.map { AnswerFinish.stop($0) } ?? finish
    state.choices[index].finish = ended
    state.give(.ended(index, ended))
  }

  /// The engine has done with the answer.
  private func leave(_ index: Int, _ state: inout sending State) {
    state.choices[index].isOver = true
    guard !state.isOver, state.choices.allSatisfy(\.isOver) else { return }
    state.give(.finished(usage(state), prepared.jobs.count == 1 ? state.decodings.first : nil))
    close(state.choices.contains { $0.finish == .length } ? "length" : "stop", &state)
  }

  private func close(_ finish: String, _ state: inout sending State) {
    guard !state.isOver else { return }
    state.isOver = true
    state.leaving += state.handles
    let totals = AnswerTotals(
      finish: finish, usage: usage(state), decodings: state.decodings,
      unknownCalls: state.choices.reduce(0) { $0 + $1.parser.unknownCalls })
    state.steps.append(.end(totals))
  }

  private func usage(_ state: borrowing State) -> AnswerUsage {
    var usage = AnswerUsage()
    usage.prompt = prepared.promptTokens
    usage.cached = state.cached
    usage.image = prepared.prompts.reduce(0) { $0 + $1.imageTokens }
    usage.completion = state.choices.reduce(0) { $0 + $1.count }
    usage.reasoning = state.choices.reduce(0) { $0 + $1.parser.reasoningTokens }
    if prepared.request.prediction != nil {
      let counts = state.decodings.compactMap { $0.drafters[.lookup] }
      let accepted = counts.reduce(0) { $0 + $1.accepted }
      usage.predicted = (accepted, counts.reduce(0) { $0 + $1.drafted } - accepted)
    }
    return usage
  }
}
