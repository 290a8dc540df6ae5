import Batching
import Diagnostics
import Inference
import Testing
import Threads

/// The engine on its thread, asked from others.
@Suite struct BatchEngineTests {
  /// Events of a sequence as they come.
  private final class Log: Sendable {
    private let events = Monitor<[SequenceEvent]>([])

    func take(_ event: SequenceEvent) { events.change { $0.append(event) } }

    /// All of them, when the end has come.
    func wait() -> [SequenceEvent] {
      events.wait { events in
        switch events.last {
        case .finished, .cancelled, .failed: events
        default: nil
        }
      }
    }

    /// Returns when tokens have come.
    func waitForTokens() {
      events.wait { events -> Bool? in events.contains { if case .tokens = $0 { true } else { false } } ? true : nil }
    }

    var tokens: [SequenceToken] {
      events.look {
        $0.flatMap { event -> [SequenceToken] in if case .tokens(let tokens) = event { tokens } else { [] } }
      }
    }
  }

  private let options = BatchOptions(sequences: 4, pace: .rows(32), threads: 1)

  @Test func `requests of several threads get what each gets alone, in one order of events`() throws {
    let model = try BatchModels.demo()
    let engine = try BatchEngine(model, options)
    let methods: [DecodingMethod] = [
      .vanilla, .mtp(depth: 2), .lookup(), .dflash(), .eagle3(depth: 2), .hybrid(.table),
    ]
    let requests = (0..<12).map { index in
      SequenceRequest(
        Prompt((0...index).map { ($0 * 37 + index) % 240 }), method: methods[index % methods.count], limit: 8 + index)
    }
    let logs = requests.map { _ in Log() }
    let threads = try (0..<3).map { part in
      try SpawnedThread("asking") {
        for index in stride(from: part, to: requests.count, by: 3) {
          do {
            try engine.submit(requests[index]) { logs[index].take($0) }
          } catch {
            Issue.record("\(error)")
          }
        }
      }
    }
    for thread in threads { thread.wait() }
    for (request, log) in zip(requests, logs) {
      let events = log.wait()
      guard case .started = events.first, case .finished(.limit, let statistics) = events.last else {
        Issue.record("\(events)")
        continue
      }
      let item = Case(prompt: request.prompt, method: request.method, limit: request.limit)
      #expect(log.tokens.map(\.id) == item.alone(model).tokens)
      #expect(statistics.tokens == request.limit)
    }
    engine.drain()
    let status = engine.status
    #expect(status.running == 0 && status.waiting == 0 && status.reservedBytes == 0)
    #expect(status.counts.finished == 12 && status.counts.tokens == requests.reduce(0) { $0 + $1.limit })
  }

  @Test func `a request that is given up ends, and one more has its place`() throws {
    let model = try BatchModels.demo()
    let engine = try BatchEngine(model, BatchOptions(sequences: 1, pace: .rows(32), threads: 1))
    let (first, second) = (Log(), Log())
    let endless = SequenceRequest([1, 2, 3], limit: 1 << 14)
    let handle = try engine.submit(endless) { first.take($0) }
    try engine.submit(SequenceRequest([1, 2, 3], limit: 3)) { second.take($0) }
    first.waitForTokens()
    handle.cancel()
    guard case .cancelled(let statistics) = first.wait().last else {
      Issue.record("it was not given up")
      return
    }
    #expect(statistics.tokens > 0)
    guard case .finished = second.wait().last else {
      Issue.record("the next one did not end")
      return
    }
    engine.drain()
  }

  @Test func `a request that goes on from another one says how many of its tokens were known`() throws {
    let model = try BatchModels.demo()
    var options = options
    options.cache = PrefixCacheOptions(memory: 1 << 28, least: 2, turns: [9])
    let engine = try BatchEngine(model, options)
    func ask(_ prompt: [Int], salt: String = "") throws -> (tokens: [Int], known: Int) {
      let log = Log()
      var request = SequenceRequest(Prompt(prompt), method: .mtp(depth: 2), limit: 5)
      request.cacheSalt = salt
      try engine.submit(request) { log.take($0) }
      guard case .finished(_, let statistics) = log.wait().last else { return ([], -1) }
      return (log.tokens.map(\.id), statistics.reusedRows)
    }
    let first = try ask([9, 1, 2, 3, 9, 4])
    // Of an answer the last token was not run.
    let longer = [9, 1, 2, 3, 9, 4] + first.tokens + [9, 8]
    let expected = Case(prompt: Prompt(longer), method: .vanilla, limit: 5).alone(model).tokens
    let (other, second) = (try ask(longer, salt: "other"), try ask(longer))
    #expect(first.known == 0 && other.known == 0 && second.known == 10)
    #expect(other.tokens == expected && second.tokens == expected)
    engine.drain()
    let status = engine.status
    #expect(status.counts.reusedRows == 10 && status.cachedBytes > 0 && status.reservedBytes == 0)
  }

  @Test func `an engine that is ended tells all, and takes nothing new`() throws {
    let model = try BatchModels.demo()
    let engine = try BatchEngine(model, options)
    let logs = (0..<6).map { _ in Log() }
    for log in logs { try engine.submit(SequenceRequest([1, 2, 3], limit: 1 << 14)) { log.take($0) } }
    logs[0].waitForTokens()
    engine.stop()
    for log in logs {
      guard case .cancelled = log.wait().last else {
        Issue.record("one was not told")
        continue
      }
    }
    #expect(throws: BatchError.closed) { try engine.submit(SequenceRequest([1], limit: 1)) { _ in } }
    #expect(engine.status.counts.cancelled == 6 && engine.status.reservedBytes == 0)
  }

  @Test func `what cannot be is refused before it waits`() throws {
    let model = try BatchModels.reference("qwen3_next_moe")
    let engine = try BatchEngine(model, BatchOptions(memory: 1 << 16, threads: 1))
    func code(_ request: SequenceRequest) -> String? {
      do { try engine.submit(request) { _ in } } catch let error as any CambiumError {
        return error.diagnostic.code
      } catch {
        return "\(error)"
      }
      return nil
    }
    #expect(code(SequenceRequest([], limit: 1)) == "E_PROMPT")
    #expect(code(SequenceRequest([1 << 30], limit: 1)) == "E_PROMPT")
    #expect(code(SequenceRequest([1], limit: -1)) == "E_DECODING_OPTION")
    #expect(code(SequenceRequest([1], method: .mtp(depth: 99), limit: 1)) == "E_DECODING_OPTION")
    #expect(code(SequenceRequest([1], method: .dflash(), limit: 1)) == "E_DRAFTER_MISSING")
    #expect(code(SequenceRequest([1], limit: 1, topLogProbabilities: -1)) == "E_DECODING_OPTION")
    #expect(code(SequenceRequest([1], limit: .max)) == "E_BATCH_MEMORY")
    engine.drain()
  }

  @Test func `probabilities are those of the logits, and their sum is one`() throws {
    let model = try BatchModels.reference("qwen3_5_moe")
    let engine = try BatchEngine(model, options)
    let log = Log()
    let vocabulary = model.configuration.vocabulary
    try engine.submit(
      SequenceRequest([1, 2, 3], method: .mtp(depth: 2), limit: 5, topLogProbabilities: vocabulary)
    ) { log.take($0) }
    _ = log.wait()
    engine.drain()
    #expect(log.tokens.count == 5)
    for token in log.tokens {
      #expect(token.likeliest.count == vocabulary && token.likeliest.first?.id == token.id)
      #expect(token.logProbability == token.likeliest.first?.logProbability)
      #expect(zip(token.likeliest, token.likeliest.dropFirst()).allSatisfy { $0.logProbability >= $1.logProbability })
      let sum = token.likeliest.reduce(0.0) { $0 + DoubleFunctions.exponential($1.logProbability) }
      #expect(abs(sum - 1) < 1e-9)
    }
  }
}
