import Batching
import Diagnostics
import Inference
import Testing
import Threads

/// What can happen within a step.
@Suite struct StepTests {
  private struct Planted: CambiumError {
    var diagnostic: Diagnostic {
      Diagnostic("E_PLANTED", "planted", expected: "nothing", found: "a fault", next: "none", exit: .failure)
    }
  }

  private let items = [
    Case(prompt: [3, 1, 4, 1, 5], method: .mtp(depth: 3), limit: 24),
    Case(prompt: [9, 2], method: .vanilla, limit: 24),
    Case(prompt: Prompt(Array(repeating: 8, count: 30)), method: .lookup(), limit: 24),
  ]

  @Test(arguments: SharedPasses.Point.allCases, 0..<3)
  func `who is given up at any point of a step is told nothing behind it, and nobody else notices`(
    _ point: SharedPasses.Point, _ victim: Int
  ) throws {
    let model = try BatchModels.demo()
    let watches = items.map { _ in Watch() }
    let batch = SequenceBatch(model, pool: WorkerPool(threads: 1), BatchOptions(pace: .rows(12)))
    var steps = 0
    var isGiven = false
    var tokensBefore: Int?
    var ends = 0
    batch.onPoint = { reached in
      if reached == .ran { steps += 1 }
      if reached == point, steps == 4 {
        isGiven = true
        tokensBefore = watches[victim].outcome.tokens.count
      }
    }
    for (number, item) in items.enumerated() {
      try batch.add(
        item.job(
          number, model, watches[number], isCancelled: { number == victim && isGiven },
          told: { event in
            if case .cancelled = event { ends += 1 }
          }))
    }
    while !batch.isEmpty { batch.step() }
    #expect(ends == 1 && watches[victim].outcome.tokens.count == tokensBefore)
    for number in items.indices where number != victim {
      #expect(watches[number].outcome == items[number].alone(model))
    }
    #expect(items[victim].alone(model).tokens.starts(with: watches[victim].outcome.tokens))
  }

  @Test(arguments: SharedPasses.Point.allCases)
  func `a pass that cannot be made ends who took part, and who waits goes on`(_ point: SharedPasses.Point) throws {
    let model = try BatchModels.demo()
    let watches = items.map { _ in Watch() }
    let batch = SequenceBatch(model, pool: WorkerPool(threads: 1), BatchOptions(sequences: 2, pace: .rows(64)))
    var reached = 0
    var codes: [Int: String] = [:]
    batch.onPoint = {
      if $0 == point { reached += 1 }
      if $0 == point, reached == 3 { throw Planted() }
    }
    for (number, item) in items.enumerated() {
      try batch.add(
        item.job(
          number, model, watches[number],
          told: { event in
            if case .failed(let error) = event { codes[number] = error.diagnostic.code }
          }))
    }
    while !batch.isEmpty { batch.step() }
    #expect(codes == [0: "E_BATCH_PASS", 1: "E_BATCH_PASS"])
    #expect(watches[2].outcome == items[2].alone(model))
    #expect(batch.reservedBytes == 0 && batch.counts.failedPasses == 1)
  }

  @Test func `prompts take turns, and decoding goes on beside them`() throws {
    let model = try BatchModels.demo()
    let long = Case(prompt: Prompt(Array(repeating: 5, count: 64)), method: .vanilla, limit: 1)
    let batch = SequenceBatch(
      model, pool: WorkerPool(threads: 1), BatchOptions(pace: .rows(9), promptChunk: 8))
    let watches = (0..<3).map { _ in Watch() }
    var steps: [SharedPasses.Step] = []
    batch.onStep = { steps.append($0) }
    let decoding = Case(prompt: [4], method: .vanilla, limit: 40)
    for (number, item) in [decoding, long, long].enumerated() {
      try batch.add(item.job(number, model, watches[number]))
    }
    while !batch.isEmpty { batch.step() }
    // The first step has only prompts: one row and a chunk of 8. Then one row decodes beside a chunk of 8, sixteen
    // chunks in all, and at last it decodes alone.
    #expect(steps[0].promptRows == 9 && steps[0].rows == 9)
    #expect(steps[1...15].allSatisfy { $0.rows == 9 && $0.promptRows == 8 })
    #expect(steps.dropFirst(16).allSatisfy { $0.rows == 1 })
    #expect(watches.allSatisfy { $0.outcome.finish == .limit })
  }
}
