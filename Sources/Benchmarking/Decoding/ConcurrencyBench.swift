import Batching
import Inference
import Threads

/// Decodes with many sequences at once, in process: what all of them get together, and each of them.
///
/// For each number of sequences at once there are twice as many, which all come at the beginning: as one ends the next is
/// admitted, so prompts are run beside decoding. Prompts of the bench follow one another, so every number meets the same
/// ones. Numbers and decoders take turns, as in ``Bench``.
public struct ConcurrencyBench {
  /// What was measured, by decoder and number, in the order of the options.
  public private(set) var results: [ConcurrencyResult] = []
  /// Verified decodings that produced other tokens than vanilla decoding alone.
  public private(set) var differences: [BenchDifference] = []
  private let model: LoadedModel
  private let pool: WorkerPool
  private let options: BenchOptions
  private let numbers: [Int]
  private let decoders: [BenchDecoder]

  /// Sequences for each that runs at once.
  private static let turns = 2

  /// - Parameters:
  ///   - model: The model that is measured.
  ///   - pool: The threads that compute.
  ///   - options: The options of the bench.
  ///   - decoders: The decoders that the model has.
  ///   - numbers: Sequences at once, each at least 1.
  public init(
    _ model: LoadedModel, pool: WorkerPool, _ options: BenchOptions, decoders: [BenchDecoder], numbers: [Int]
  ) {
    self.model = model
    self.pool = pool
    self.options = options
    self.decoders = decoders
    self.numbers = numbers.map { max(1, $0) }
  }

  /// - Parameters:
  ///   - prompts: The prompts of the bench, at least one.
  ///   - truth: The tokens of vanilla decoding alone, by prompt.
  /// - Throws: `InferenceError`; `CancellationError`.
  public mutating func run(_ prompts: [BenchPrompt], truth: [[Int]]) throws {
    let made = try prompts.map { try $0.make() }
    let runs = decoders.flatMap { decoder in numbers.map { (decoder, $0) } }
    var measured = runs.map { _ in [ConcurrencyRun]() }
    let total = (max(1, options.repetitions) + 1) * runs.count
    options.observer.began("many at once", total: total, .steps)
    for repetition in 0...max(1, options.repetitions) {
      let round = repetition == 0 ? "warming up" : "repetition \(repetition) of \(options.repetitions)"
      for turn in runs.indices {
        let place = (turn + max(0, repetition - 1)) % runs.count
        let (decoder, number) = runs[place]
        let run = try measure(decoder, number, prompts, made, truth, repetition)
        if repetition > 0 { measured[place].append(run) }
        options.observer.advanced(by: 1, item: "\(round), \(number) with \(decoder.name)")
      }
    }
    results = zip(runs, measured).map { ConcurrencyResult($0.0, number: $0.1, isImposed: isImposed($0.0), $1) }
  }

  private func isImposed(_ decoder: BenchDecoder) -> Bool { options.imposed != nil && decoder.method.drafts }

  private mutating func measure(
    _ decoder: BenchDecoder, _ number: Int, _ prompts: [BenchPrompt], _ made: [Prompt], _ truth: [[Int]],
    _ repetition: Int
  ) throws -> ConcurrencyRun {
    let batch = SequenceBatch(
      model, pool: pool,
      BatchOptions(
        memory: .max, sequences: number, queue: .max, promptChunk: options.promptChunk, arithmetic: options.arithmetic))
    var run = ConcurrencyRun(sequences: Self.turns * number)
    let clock = ContinuousClock()
    let start = clock.now
    batch.onStep = { run.enter($0) }
    for sequence in 0..<run.sequences.count {
      let place = sequence % made.count
      let prompt = made[place]
      let wrap = options.imposed.map { imposed in
        { [model] drafter in
          ImposedDrafter(
            drafter, imposed, truth: prompt.tokens + truth[place], vocabulary: model.configuration.vocabulary)
            as any Drafter
        }
      }
      try batch.add(
        SequenceJob(
          number: sequence, positions: prompt.tokens.count + options.limit,
          memory: SequenceMemory(
            model, decoder.method, tokens: prompt.tokens.count + options.limit, promptRows: options.promptChunk),
          start: { [options] session in try session.start(wrapping: wrap, prompt, decoder.method, options.decoding) },
          deliver: { event in
            let seconds = start.duration(to: clock.now).inSeconds
            switch event {
            case .started: run.sequences[sequence].started = seconds
            case .tokens(let tokens): run.sequences[sequence].enter(tokens, at: seconds)
            case .finished(let decoding): run.enter(decoding.statistics)
            case .failed(let error): run.failure = run.failure ?? error
            case .cancelled: break
            }
          }))
    }
    let bytes = batch.weightBytes
    while !batch.isEmpty {
      guard !options.isStopped() else { throw CancellationError() }
      batch.step()
    }
    if let failure = run.failure { throw failure }
    run.seconds = start.duration(to: clock.now).inSeconds
    run.weightBytes = batch.weightBytes - bytes
    for (sequence, found) in run.sequences.enumerated() {
      let place = sequence % made.count
      guard found.tokens != truth[place] else { continue }
      run.different += 1
      let difference = BenchDifference(
        found.tokens, from: truth[place], decoder: "\(decoder.name), \(number) at once", prompt: prompts[place].id,
        repetition: repetition)
      if decoder.isVerified, let difference { differences.append(difference) }
    }
    return run
  }
}

/// One run of sequences of which so many are there at once.
struct ConcurrencyRun {
  /// A sequence's tokens and when they came, in seconds from the beginning of the run.
  struct Sequence {
    var started = 0.0
    var tokens: [Int] = []
    /// One for each burst: seconds, and how many tokens.
    var bursts: [(seconds: Double, tokens: Int)] = []

    mutating func enter(_ new: [Int], at seconds: Double) {
      tokens += new
      bursts.append((seconds, new.count))
    }

    /// Seconds from admission to the first token; nil without one.
    var firstToken: Double? { bursts.first.map { $0.seconds - started } }
    /// Tokens a second from the first token to the last; nil for one burst.
    var rate: Double? {
      guard let first = bursts.first, let last = bursts.last, last.seconds > first.seconds else { return nil }
      return Double(tokens.count - first.tokens) / (last.seconds - first.seconds)
    }
    /// A time for each token after the first burst: those of a burst share its time equally.
    var intervals: [Double] {
      zip(bursts, bursts.dropFirst()).flatMap { before, burst in
        Array(repeating: (burst.seconds - before.seconds) / Double(max(1, burst.tokens)), count: burst.tokens)
      }
    }
  }

  var sequences: [Sequence]
  var seconds = 0.0
  var passes = 0
  var rows = 0
  var weightBytes = 0
  var drafted = 0
  var accepted = 0
  var different = 0
  var failure: (any Error)?

  init(sequences count: Int) { sequences = Array(repeating: Sequence(), count: count) }

  mutating func enter(_ step: SharedPasses.Step) {
    passes += 1
    rows += step.rows
  }

  mutating func enter(_ statistics: DecodingStatistics) {
    drafted += statistics.drafted
    accepted += statistics.accepted
  }

  var tokens: Int { sequences.reduce(0) { $0 + $1.tokens.count } }
  var tokensPerSecond: Double { seconds > 0 ? Double(tokens) / seconds : 0 }
}
