import Batching
import Inference
import Threads

/// Makes decodings, as many at once as there is memory for: they share passes, so that the weights are read once for all of
/// them. Each yields what it yields alone.
struct DecodingsTogether {
  let model: LoadedModel
  let pool: WorkerPool
  let options: CheckOptions

  /// Rows of a pass that decoding may have beside a chunk of prompts, for each decoding.
  private static let rowsEach = 8

  /// Rows of decoding in a pass at most: the working memory of a pass grows with them.
  private static let rows = 1024

  /// Makes all of them.
  /// - Parameters:
  ///   - tasks: What is to be decoded.
  ///   - onEnd: Called with the number of each task that has come to its end.
  /// - Returns: Their records, in the order of the tasks.
  /// - Throws: `CancellationError` when stopped; what the journal throws.
  func run(_ tasks: [DecodingTask], onEnd: (Int) -> Void = { _ in }) throws -> [DecodingRecord] {
    let kept = tasks.map { $0.name.flatMap { options.journal?.decoding($0) } }
    let records = kept.map { DecodingRecord($0) }
    let needs = tasks.map { task in
      SequenceMemory(
        model, task.method, tokens: task.prompt.tokens.count + task.limit,
        promptRows: min(options.promptChunk, max(1, task.prompt.tokens.count)))
    }
    let most = max(1, min(options.together, Self.rows / (needs.map(\.rows).max() ?? 1)))
    let batch = SequenceBatch(
      model, pool: pool,
      BatchOptions(
        // One decoding is made whatever it takes.
        memory: max(options.memory, needs.map(\.bytes).max() ?? 0), sequences: most, queue: .max,
        pace: .rows(options.promptChunk + most * Self.rowsEach), promptChunk: options.promptChunk,
        arithmetic: options.arithmetic))
    var ended: [Int] = []
    for (number, task) in tasks.enumerated() {
      guard kept[number] == nil else {
        onEnd(number)
        continue
      }
      let record = records[number]
      try batch.add(
        SequenceJob(
          number: number, positions: task.prompt.tokens.count + task.limit, memory: needs[number],
          start: { session in
            session.plantedDefect = task.defect
            guard let drafter = task.drafter else {
              return try session.start(task.prompt, task.method, record.options(task))
            }
            return try session.start(task.prompt, task.method, record.options(task)) { _ in drafter }
          },
          deliver: { event in
            switch event {
            case .started, .cancelled: return
            case .tokens(let tokens): return record.take(tokens)
            case .finished(let decoding): record.end(decoding)
            case .failed(let error): record.fail(error)
            }
            ended.append(number)
          }))
    }
    while !batch.isEmpty {
      guard !options.isStopped() else { throw CancellationError() }
      batch.step()
      for number in ended {
        onEnd(number)
        guard let journal = options.journal, let name = tasks[number].name, records[number].failure == nil else {
          continue
        }
        try journal.append(name, records[number].result())
      }
      ended.removeAll()
    }
    return records
  }
}
