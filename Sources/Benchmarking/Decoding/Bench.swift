import Checking
import Inference
import Threads

/// What a bench does.
public struct BenchOptions {
  /// The ways of decoding; vanilla decoding comes first and is always measured.
  public var decoders: [BenchDecoder]
  /// Tokens to decode for each prompt; stop tokens do not end them.
  public var limit: Int
  /// Measured repetitions; one more before them warms up.
  public var repetitions: Int
  /// Rows of a pass over the prompt.
  public var promptChunk: Int
  /// The arithmetic of all products.
  public var arithmetic: Arithmetic
  /// See `DecodingOptions.draftShortlist`.
  public var draftShortlist: Int
  /// See `DecodingOptions.measuresShortlist`.
  public var measuresShortlist = false
  /// Drafts with a given acceptance, in place of the head's; nil for the head's.
  public var imposed: ImposedAcceptance?
  /// Bytes of the largest cache: how fast memory is read is measured between the repetitions. Nil: it is not.
  public var cacheBytes: Int?
  /// Asked between decodings.
  public var isStopped: () -> Bool
  /// Hears how many decodings there will be, and of each that is made what it was.
  public var observer: any WorkObserver

  /// The members, with the defaults of `verify-runner bench`.
  public init(
    decoders: [BenchDecoder] = BenchDecoder.standard, limit: Int = 64, repetitions: Int = 3, promptChunk: Int = 256,
    arithmetic: Arithmetic = .canonical, draftShortlist: Int = 0, imposed: ImposedAcceptance? = nil,
    cacheBytes: Int? = nil, isStopped: @escaping () -> Bool = { false },
    observer: any WorkObserver = SilentWork()
  ) {
    self.decoders = decoders
    self.limit = limit
    self.repetitions = repetitions
    self.promptChunk = promptChunk
    self.arithmetic = arithmetic
    self.draftShortlist = draftShortlist
    self.imposed = imposed
    self.cacheBytes = cacheBytes
    self.isStopped = isStopped
    self.observer = observer
  }

  /// What every decoding of the bench is asked for, alone or among others.
  var decoding: DecodingOptions {
    var decoding = DecodingOptions(limit: limit, draftShortlist: draftShortlist)
    decoding.measuresShortlist = measuresShortlist
    return decoding
  }
}

/// Decodes prompts in several ways, in turn, and keeps the times.
///
/// Each repetition goes through all prompts, and for each prompt through all decoders, beginning with another decoder
/// than the repetition before: whatever else the machine does in the meantime meets all of them alike. All use one
/// session's memory; what adaptive depth has learned is forgotten before each decoding.
public struct Bench {
  /// Vanilla decoding first, the measure of the others; then what was asked for, once each.
  public let decoders: [BenchDecoder]
  /// Ways of decoding that the model does not have, with the reason.
  public let unavailable: [Unavailable]
  /// All decodings, the warm-up among them.
  public private(set) var measured: [MeasuredDecoding] = []
  /// Verified decodings that produced other tokens than vanilla decoding.
  public private(set) var differences: [BenchDifference] = []
  /// The tokens of vanilla decoding, by prompt.
  public private(set) var truth: [[Int]] = []
  /// Bytes a second, before the first repetition and after each. On a shared machine it changes within seconds, and
  /// only what was read in the same seconds says what decoding could have had.
  public private(set) var readBandwidths: [Double] = []
  /// The most after any decoding.
  public private(set) var anonymousBytes: Int?
  /// Most bytes that were resident.
  public private(set) var residentBytes = 0
  private let model: LoadedModel
  /// The session that decodes.
  package let session: DecodingSession
  private let options: BenchOptions

  /// - Parameters:
  ///   - model: The model that is measured.
  ///   - pool: The threads that compute.
  ///   - options: What is measured.
  public init(_ model: LoadedModel, pool: WorkerPool, _ options: BenchOptions) {
    self.model = model
    self.options = options
    session = DecodingSession(
      model, pool: pool, promptChunk: options.promptChunk, arithmetic: options.arithmetic)
    var decoders: [BenchDecoder] = [.vanilla]
    var unavailable: [Unavailable] = []
    for decoder in options.decoders where !decoders.contains(decoder) {
      if let kind = decoder.method.missing(of: model) {
        unavailable.append(Unavailable(.decoder, decoder.name, reason: "the model has no \(kind.title)"))
      } else {
        decoders.append(decoder)
      }
    }
    self.decoders = decoders
    self.unavailable = unavailable
  }

  /// - Throws: ``BenchError/nothing(reasons:)`` without prompts; `InferenceError` for a prompt that cannot be run;
  ///   `CancellationError`.
  public mutating func run(_ prompts: [BenchPrompt]) throws {
    guard !prompts.isEmpty else { throw BenchError.nothing(reasons: []) }
    truth = Array(repeating: [], count: prompts.count)
    let decodings = (max(1, options.repetitions) + 1) * prompts.count * decoders.count
    options.observer.began("decoding", total: decodings, .steps)
    for repetition in 0...max(1, options.repetitions) {
      let turns = repetition == 0 ? "warming up" : "repetition \(repetition) of \(options.repetitions)"
      for (place, prompt) in prompts.enumerated() {
        for turn in decoders.indices {
          let decoder = (turn + max(0, repetition - 1)) % decoders.count
          guard !options.isStopped() else { throw CancellationError() }
          let decoding = try measure(decoder, place, prompt, repetition)
          look(at: decoding, prompt)
          options.observer.advanced(by: 1, item: "\(turns), \(prompt.id), \(decoders[decoder].name)")
          if repetition > 0 { measured.append(decoding) }
        }
      }
      if let cacheBytes = options.cacheBytes {
        readBandwidths.append(ReadBandwidth.measure(threads: session.engine.pool.threads, cacheBytes: cacheBytes))
      }
    }
  }

  private mutating func look(at decoding: MeasuredDecoding, _ prompt: BenchPrompt) {
    let decoder = decoders[decoding.decoder]
    if decoding.repetition == 0, decoder == .vanilla { truth[decoding.prompt] = decoding.tokens }
    let difference = BenchDifference(
      decoding.tokens, from: truth[decoding.prompt], decoder: decoder.name, prompt: prompt.id,
      repetition: decoding.repetition)
    if decoder.isVerified, let difference { differences.append(difference) }
    let memory = ProcessMemory.now
    anonymousBytes = memory.anonymousBytes.map { max($0, anonymousBytes ?? 0) }
    residentBytes = max(residentBytes, memory.residentBytes)
  }

  private func measure(
    _ decoder: Int, _ place: Int, _ prompt: BenchPrompt, _ repetition: Int
  ) throws -> MeasuredDecoding {
    let clock = ContinuousClock()
    session.forget()
    let start = clock.now
    let tokens = try prompt.make()
    let made = clock.now
    let decoding = try session.decode(
      wrapping: imposed(tokens, place), tokens, decoders[decoder].method, options.decoding)
    var last = clock.now
    var result = MeasuredDecoding(
      decoder: decoder, prompt: place, repetition: repetition, tokens: [],
      visionSeconds: start.duration(to: made).inSeconds, firstTokenSeconds: start.duration(to: last).inSeconds,
      rounds: [], counts: .init())
    var rounds = 0
    while let token = decoding.next() {
      result.tokens.append(token)
      if decoding.statistics.rounds > rounds {
        let now = clock.now
        result.rounds.append(.init(seconds: last.duration(to: now).inSeconds, tokens: 1))
        (last, rounds) = (now, decoding.statistics.rounds)
      } else if !result.rounds.isEmpty {
        result.rounds[result.rounds.count - 1].tokens += 1
      }
      guard !options.isStopped() else { throw CancellationError() }
    }
    try decoding.requireSuccess()
    result.counts = .init(decoding.statistics)
    return result
  }

  /// What makes drafters say what the imposed acceptance wants; nil to leave them as they are.
  private func imposed(_ prompt: Prompt, _ place: Int) -> ((any Drafter) -> any Drafter)? {
    options.imposed.map { imposed in
      { [truth, model] in
        ImposedDrafter(
          $0, imposed, truth: prompt.tokens + truth[place], vocabulary: model.configuration.vocabulary)
      }
    }
  }
}

extension Duration {
  var inSeconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}
