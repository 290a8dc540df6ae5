import Batching
import Diagnostics
import Inference
import Testing
import Threads

/// Memory is reserved at admission, first come first, and given back at the end.
@Suite struct AdmissionTests {
  private let small = Case(prompt: [3, 1, 4], method: .mtp(depth: 2), limit: 5)
  private let large = Case(prompt: Prompt(Array(repeating: 2, count: 90)), method: .mtp(depth: 2), limit: 9)

  private func bytes(_ item: Case, _ model: LoadedModel) -> Int { item.job(0, model, Watch()).memory.bytes }

  @Test func `a sequence that can never have its memory is refused with both numbers`() throws {
    let model = try BatchModels.demo()
    let needed = bytes(large, model)
    let batch = SequenceBatch(model, pool: WorkerPool(threads: 1), BatchOptions(memory: needed - 1))
    #expect(throws: BatchError.memory(needed: needed, budget: needed - 1)) {
      try batch.add(large.job(0, model, Watch()))
    }
    let text = BatchError.memory(needed: needed, budget: needed - 1).diagnostic.text
    #expect(text.contains("\(needed)") && text.contains("\(needed - 1)") && batch.isEmpty)
  }

  @Test func `a limit that no machine holds is refused and overflows nothing`() throws {
    let model = try BatchModels.demo()
    let memory = SequenceMemory(model, .hybrid(), tokens: .max, promptRows: .max)
    #expect(memory.bytes == .max)
  }

  @Test func `a step never has more memory reserved than there is, and at the end none is`() throws {
    let model = try BatchModels.demo()
    let budget = bytes(large, model) + 2 * bytes(small, model)
    let batch = SequenceBatch(
      model, pool: WorkerPool(threads: 1), BatchOptions(memory: budget, sequences: 99, pace: .rows(40)))
    var order: [Int] = []
    let items = [small, large, large, small, small, large, small]
    let watches = items.map { _ in Watch() }
    for (number, item) in items.enumerated() {
      try batch.add(
        item.job(
          number, model, watches[number],
          told: { event in
            if case .started = event { order.append(number) }
          }))
    }
    var most = 0
    // When a pass was made, and nobody has left.
    batch.onStep = { [unowned batch] _ in most = max(most, batch.reservedBytes) }
    while !batch.isEmpty { batch.step() }
    // First come first: no small one overtakes a large one that waits.
    #expect(order == [0, 1, 2, 3, 4, 5, 6])
    #expect(most <= budget && most > bytes(large, model) && batch.reservedBytes == 0)
    for (item, watch) in zip(items, watches) { #expect(watch.outcome == item.alone(model)) }
  }

  @Test func `the queue has an end`() throws {
    let model = try BatchModels.demo()
    let batch = SequenceBatch(model, pool: WorkerPool(threads: 1), BatchOptions(queue: 2))
    for number in 0..<2 { try batch.add(small.job(number, model, Watch())) }
    #expect(throws: BatchError.queue(waiting: 2, most: 2)) { try batch.add(small.job(2, model, Watch())) }
  }

  @Test func `a prompt ends in chunks of no rows as in chunks of one`() throws {
    let model = try BatchModels.demo()
    let batch = SequenceBatch(model, pool: WorkerPool(threads: 1), BatchOptions(promptChunk: 0))
    let watch = Watch()
    try batch.add(small.job(0, model, watch, promptRows: 1))
    for _ in 0..<20 { batch.step() }
    #expect(batch.isEmpty && watch.outcome == small.alone(model))
  }

  @Test func `nothing of a sequence stays when it has ended`() throws {
    let model = try BatchModels.demo()
    let batch = SequenceBatch(model, pool: WorkerPool(threads: 1), BatchOptions(sequences: 4, pace: .rows(16)))
    final class Weak {
      weak var session: DecodingSession?
    }
    var sessions: [Weak] = []
    for number in 0..<200 {
      let place = Weak()
      sessions.append(place)
      let item = Case(prompt: [number % 200, 7], method: number % 2 == 0 ? .vanilla : .mtp(depth: 1), limit: 2)
      let job = item.job(number, model, Watch())
      try batch.add(
        SequenceJob(
          number: number, positions: job.positions, memory: job.memory,
          start: { session in
            place.session = session
            return try job.start(session)
          }, deliver: job.deliver))
      while batch.running + batch.waitingCount > 4 { batch.step() }
    }
    while !batch.isEmpty { batch.step() }
    #expect(sessions.allSatisfy { $0.session == nil } && batch.counts.finished == 200)
  }
}
