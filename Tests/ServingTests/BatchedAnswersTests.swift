import Batching
import Inference
import Serving
import TestSupport
import Testing
import Threads

@Suite struct BatchedAnswersTests {
  private func tokens(_ job: GenerationJob, _ engine: BatchedAnswers) async throws -> [GeneratedToken] {
    var all: [GeneratedToken] = []
    for await event in try engine.events(of: job) {
      if case .tokens(let tokens) = event { all += tokens }
    }
    return all
  }

  @Test func `a job among others has the tokens and probabilities that it has alone`() async throws {
    let model = try LoadedModel.open(Repository.demoTrunk)
    let prompts = [[10, 11, 12], [10, 11, 12, 13, 14], [400, 7, 9], [10, 11, 12]]
    let jobs = prompts.enumerated().map { index, prompt in
      GenerationJob(
        Prompt(prompt), method: index % 2 == 0 ? .vanilla : .lookup(), limit: 12,
        sampling: index == 2 ? Sampling(temperature: 0.8, seed: 5) : .greedy,
        adjustment: LogitAdjustment(frequencyPenalty: index == 3 ? 0.5 : 0), topLogprobs: 2)
    }
    let engine = try BatchedAnswers(model, BatchOptions(pace: .rows(8), threads: 1))
    defer { engine.stop() }
    let answers = try await withThrowingTaskGroup(of: (Int, [GeneratedToken]).self) { group in
      for (index, job) in jobs.enumerated() {
        group.addTask { (index, try await tokens(job, engine)) }
      }
      return try await group.reduce(into: [Int: [GeneratedToken]]()) { $0[$1.0] = $1.1 }
    }
    for (index, job) in jobs.enumerated() {
      let alone = try await tokens(job, engine)
      #expect(answers[index] == alone && alone.count == 12 && alone.allSatisfy { $0.likeliest.count == 2 })
    }
  }

  /// Tokens of a job's prompt that were known.
  private func known(_ job: GenerationJob, _ engine: any GenerationEngine) async throws -> Int? {
    var known: Int?
    for await event in try engine.events(of: job) {
      if case .finished(_, let statistics) = event { known = statistics.reusedRows }
    }
    return known
  }

  @Test(arguments: [true, false])
  func `a prompt that comes again is known, and one with another salt is not`(_ isBatched: Bool) async throws {
    let model = try LoadedModel.open(Repository.demoTrunk)
    var options = BatchOptions(pace: .rows(64), threads: 1)
    options.cache = PrefixCacheOptions(memory: 1 << 28, least: 2)
    let engine: any GenerationEngine =
      isBatched
      ? try BatchedAnswers(model, options) : try QueueEngine(queue: 4) { DecodingSession(model, threads: 1) }
    defer { engine.stop() }
    var job = GenerationJob(Prompt([10, 11, 12, 13, 14, 15]), limit: 1)
    var counts: [Int?] = []
    let prompts: [(salt: String, more: [Int])] = [("", []), ("", [16]), ("a", [16, 17]), ("a", [16, 17, 18])]
    for (salt, more) in prompts {
      job.cacheSalt = salt
      job.prompt = Prompt([10, 11, 12, 13, 14, 15] + more)
      counts.append(try await known(job, engine))
    }
    // All of the prompt before that was run; but for its last token where only the beginning is kept at the answer's end.
    #expect(counts[0] == 0 && counts[2] == 0)
    #expect((counts[1] ?? 0) >= 5 && (counts[3] ?? 0) >= 7)
  }

  @Test func `a job that names no limit takes no more tokens than there is memory for`() throws {
    let model = try LoadedModel.open(Repository.demoTrunk)
    let memory = 64 << 20
    let engine = try BatchedAnswers(model, BatchOptions(memory: memory, threads: 1))
    defer { engine.stop() }
    let small = GenerationJob(Prompt([1, 2, 3]), limit: 8)
    #expect(engine.limit(of: small) == 8)
    let open = GenerationJob(Prompt([1, 2, 3]), limit: 1 << 40)
    let limit = engine.limit(of: open)
    let bytes = { (limit: Int) in BatchEngine.memory(of: SequenceRequest([1, 2, 3], limit: limit), model).bytes }
    #expect(limit > 8 && bytes(limit) <= memory && bytes(limit + 1) > memory)
    // A quarter of the memory is a quarter of the tokens, but for what does not grow with them.
    let share = engine.openLimit(of: open)
    #expect(share < limit && (bytes(share) <= memory / 4 || share == 4_096) && engine.openLimit(of: small) == 8)
    #expect(refused { _ = try engine.submit(open) { _ in } }?.param == "max_tokens")
  }

  @Test func `who has a place does not wait, and who comes when all places and the queue are taken is refused`() throws
  {
    let model = try LoadedModel.open(Repository.demoTrunk)
    let engine = try BatchedAnswers(model, BatchOptions(sequences: 2, queue: 1, threads: 1))
    let job = GenerationJob([1, 2, 3], limit: 4_000)
    let ends = Monitor(0)
    let submit = { try engine.submit(job) { event in if event.isLast { ends.change { $0 += 1 } } } }
    #expect(engine.refusal() == nil)
    // At once, so that the engine has begun none or some of them: three have room either way.
    let handles = try (0..<3).map { _ in try submit() }
    #expect(engine.refusal()?.kind == .tooMany)
    let refusal = refused { _ = try submit() }
    #expect(refusal?.kind == .tooMany && refusal?.retryAfter == 1)
    for handle in handles { handle.cancel() }
    engine.drain()
    #expect(ends.look { $0 } == 3)
  }
}
