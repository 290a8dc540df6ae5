import Inference
import Serving
import TestSupport
import Testing
import Threads

@Suite struct QueueEngineTests {
  /// The last thread to look decides when an engine goes on.
  private final class Hold: Sendable {
    private let isFree = Monitor(false)
    private let hasStarted = Monitor(false)

    func stay() {
      hasStarted.change { $0 = true }
      isFree.wait { $0 ? true : nil as Bool? }
    }
    func awaitStart() { hasStarted.wait { $0 ? true : nil as Bool? } }
    func free() { isFree.change { $0 = true } }
  }

  private func engine(queue: Int = 16) throws -> QueueEngine {
    let model = try LoadedModel.open(Repository.demoTrunk)
    return try QueueEngine(queue: queue) { DecodingSession(model, threads: 1) }
  }

  private func tokens(_ job: GenerationJob, _ engine: QueueEngine) async throws -> [Int] {
    var ids: [Int] = []
    for await event in try engine.events(of: job) {
      if case .tokens(let tokens) = event { ids += tokens.map(\.id) }
    }
    return ids
  }

  private static let prompts: [[Int]] = [[10, 11, 12], [10, 11, 12, 13, 14], [400, 7, 9], [10, 11, 12]]

  @Test func `a job among others has the tokens that it has alone`() async throws {
    let model = try LoadedModel.open(Repository.demoTrunk)
    let engine = try engine()
    defer { engine.stop() }
    let jobs = Self.prompts.enumerated().map { index, prompt in
      GenerationJob(
        Prompt(prompt), method: index % 2 == 0 ? .vanilla : .lookup(), limit: 12,
        sampling: index == 2 ? Sampling(temperature: 0.8, seed: 5) : .greedy)
    }
    let answers = try await withThrowingTaskGroup(of: (Int, [Int]).self) { group in
      for (index, job) in jobs.enumerated() {
        group.addTask { (index, try await tokens(job, engine)) }
      }
      return try await group.reduce(into: [Int: [Int]]()) { $0[$1.0] = $1.1 }
    }
    for (index, job) in jobs.enumerated() {
      let session = DecodingSession(model, threads: 1)
      let alone = Array(try session.decode(job.prompt, job.method, DecodingOptions(limit: 12, sampling: job.sampling)))
      #expect(answers[index] == alone)
    }
  }

  @Test func `a request too many is told to come again, and a place that is left is taken`() throws {
    let engine = try engine(queue: 1)
    defer { engine.stop() }
    let hold = Hold()
    defer { hold.free() }
    let job = GenerationJob(Prompt([10]), limit: 1)
    _ = try engine.submit(job) { event in if case .started = event { hold.stay() } }
    hold.awaitStart()
    let cancelled = Monitor(0)
    let second = try engine.submit(job) { event in if case .cancelled = event { cancelled.change { $0 += 1 } } }
    let refusal = refused { _ = try engine.submit(job) { _ in } }
    #expect(refusal?.status == 429 && refusal?.retryAfter != nil)
    #expect(engine.load == EngineLoad(running: 1, waiting: 1))
    second.cancel()
    second.cancel()
    #expect(cancelled.look { $0 } == 1 && engine.load.waiting == 0)
    #expect(throws: Never.self) { _ = try engine.submit(job) { _ in } }
  }

  @Test func `a job that is cancelled ends behind its next token`() throws {
    let engine = try engine()
    let handle = Monitor<(any GenerationHandle)?>(nil)
    let seen = Monitor<(tokens: Int, isOver: Bool, isCancelled: Bool)>((0, false, false))
    let job = GenerationJob(Prompt([10, 11]), limit: 500)
    let submitted = try engine.submit(job) { event in
      switch event {
      case .tokens(let tokens):
        seen.change { $0.tokens += tokens.count }
        handle.wait { $0 }.cancel()
      case .cancelled: seen.change { ($0.isOver, $0.isCancelled) = (true, true) }
      case .finished, .failed: seen.change { $0.isOver = true }
      case .started: break
      }
    }
    handle.change { $0 = submitted }
    engine.drain()
    #expect(seen.look { $0.isCancelled && $0.tokens == 1 })
    #expect(refused { _ = try engine.submit(job) { _ in } }?.status == 503)
  }

  @Test func `probabilities are those of the logits, the lower token first among equals`() throws {
    let logits: [Float] = [1, 3, 2, 3]
    let token = logits.withUnsafeBufferPointer { GeneratedToken(id: 2, logits: $0, likeliest: 3) }
    // ln(e^1 + e^3 + e^2 + e^3), by numpy.
    let normalizer = 3.9175757955891974
    #expect(abs((token.logprob ?? 0) - (2 - normalizer)) < 1e-12)
    #expect(token.likeliest.map(\.id) == [1, 3, 2])
    #expect(abs((token.likeliest.first?.logprob ?? 0) - (3 - normalizer)) < 1e-12)
  }

  @Test func `logits are changed in the order repetition, counts, biases, ends`() {
    var logits: [Float] = [2, -2, 1, 0, 5]
    let change = LogitAdjustment(
      bias: [3: 1.5, 99: 1], frequencyPenalty: 0.5, presencePenalty: 0.25, repetitionPenalty: 2, ends: [4], least: 3)
    logits.withUnsafeMutableBufferPointer { change.apply(to: $0, prompt: [0], decoded: [1, 1]) }
    // 2/2; -2*2 - 0.5*2 - 0.25; as it was; 0 + 1.5; as low as can be.
    #expect(logits == [1, -5.25, 1, 1.5, -Float.greatestFiniteMagnitude])
    #expect(LogitAdjustment().isNone && !change.isNone)
  }
}
