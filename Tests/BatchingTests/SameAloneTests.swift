import Batching
import Foundation
import Inference
import TestSupport
import Testing
import Threads

/// The same request gives the same bytes alone and among sixteen.
@Suite struct SameAloneTests {
  /// Sixteen sequences of a seed that come at random steps, in a batch with room for some of them.
  private func batch(
    _ model: LoadedModel, seed: UInt64, leak: Bool = false
  ) throws -> (found: [Outcome], cases: [Case], given: Set<Int>) {
    var random = SplitMix(seed: seed &* 31 &+ 7)
    var cases = RandomCases(model, seed: seed)
    var items = (0..<16).map { _ in cases.next() }
    items[random.below(16)] = cases.broken()
    let watches = items.map { _ in Watch() }
    let options = BatchOptions(
      sequences: 2 + random.below(15), pace: .rows(1 + random.below(80)), promptChunk: 1 + random.below(64))
    let batch = SequenceBatch(model, pool: WorkerPool(threads: 1 + random.below(2)), options)
    batch.plantedLeak = leak
    // Who comes when, and who is given up when: by steps.
    var arrivals = items.indices.map { ($0, random.below(12)) }
    var ends: [Int: Int] = [:]
    for index in items.indices where random.below(5) == 0 { ends[index] = random.below(24) }
    var step = 0
    while !arrivals.isEmpty || !batch.isEmpty {
      for (index, _) in arrivals.filter({ $0.1 <= step }) {
        try batch.add(
          items[index].job(
            index, model, watches[index], promptRows: options.promptChunk,
            isCancelled: { ends[index].map { $0 <= step } == true }))
      }
      arrivals.removeAll { $0.1 <= step }
      batch.step()
      step += 1
      try #require(step < 10_000)
    }
    #expect(batch.reservedBytes == 0)
    return (watches.map(\.outcome), items, Set(ends.keys))
  }

  private func differences(_ model: LoadedModel, seed: UInt64, leak: Bool = false) throws -> [String] {
    let (found, cases, given) = try batch(model, seed: seed, leak: leak)
    var differences: [String] = []
    for (index, item) in cases.enumerated() {
      let alone = item.alone(model)
      let same =
        given.contains(index) && found[index].finish == nil
        // Given up on its way: what came of it is how it begins alone.
        ? alone.tokens.starts(with: found[index].tokens)
          && alone.logits.starts(with: found[index].logits.prefix(found[index].tokens.count))
        : alone == found[index]
      if !same { differences.append("seed \(seed), sequence \(index): \(item.method.name), limit \(item.limit)") }
    }
    return differences
  }

  /// Seeds of each test; `CAMBIUM_BATCH_SEEDS` says how many.
  static let seeds = ProcessInfo.processInfo.environment["CAMBIUM_BATCH_SEEDS"].flatMap { Int($0) } ?? 12

  @Test(arguments: 0..<seeds)
  func `sixteen sequences of a trained model in any order give what each gives alone`(seed: Int) throws {
    #expect(try differences(BatchModels.demo(), seed: UInt64(seed)) == [])
  }

  @Test(arguments: BatchModels.references, 0..<max(1, seeds / 3))
  func `sixteen sequences of each architecture give what each gives alone`(_ name: String, seed: Int) throws {
    #expect(try differences(BatchModels.reference(name), seed: UInt64(100 + seed)) == [])
  }

  @Test(arguments: BatchModels.references)
  func `what leaks from one row into its neighbour is found`(_ name: String) throws {
    #expect(try differences(BatchModels.reference(name), seed: 100, leak: true) != [])
  }

  @Test func `a sequence that fails says what it says alone, and the others go on`() throws {
    let model = try BatchModels.demo()
    let broken = RandomCases(model, seed: 0).broken()
    let good = Case(prompt: [5, 6, 7], method: .mtp(depth: 2), limit: 12)
    let watches = [Watch(), Watch(), Watch()]
    let batch = SequenceBatch(model, pool: WorkerPool(threads: 1), BatchOptions(pace: .rows(64)))
    for (number, item) in [good, broken, good].enumerated() { try batch.add(item.job(number, model, watches[number])) }
    while !batch.isEmpty { batch.step() }
    let alone = good.alone(model)
    #expect(watches[0].outcome == alone && watches[2].outcome == alone && alone.tokens.count == 12)
    let failure = broken.alone(model).failure
    #expect(failure?.diagnostic.code == "E_LOGITS" && watches[1].outcome.failure == failure)
    #expect(batch.counts.failed == 1 && batch.counts.finished == 2)
  }
}
