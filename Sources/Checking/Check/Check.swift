import Inference
import Threads

/// Decodes prompts in every way and compares.
///
/// Vanilla decoding is the measure. Every other setting must give its tokens, the bytes of its logits, and the bytes of
/// its state at the end. See the page What the check proves.
public struct Check {
  private let model: LoadedModel
  let options: CheckOptions
  private let pool: WorkerPool

  /// - Parameters:
  ///   - model: The package, or a checkpoint, with its head.
  ///   - options: What is decoded, and what must hold.
  public init(_ model: LoadedModel, _ options: CheckOptions) {
    self.model = model
    self.options = options
    pool = WorkerPool(threads: options.threads)
  }

  /// Runs the check; differences and low acceptance are in the report, not thrown.
  /// - Throws: `InferenceError` for a prompt or an option that cannot be run, a model without a head, or an arithmetic
  ///   that the machine does not have; `CancellationError` when stopped.
  public func run(_ prompts: [EncodedPrompt]) throws -> CheckReport {
    try options.arithmetic.check()
    var settings = options.depths.map { SettingReport(name: "mtp-\($0)", method: .mtp(depth: $0)) }
    if options.adaptive {
      settings.append(SettingReport(name: "adaptive", method: .adaptive(maximum: options.depths.max() ?? 4)))
    }
    let named = Set(settings.map(\.name))
    settings += options.decoders.filter { !named.contains($0.name) }.map {
      SettingReport(name: $0.name, method: $0)
    }
    if options.forced { settings.append(SettingReport(forced: ForcedDrafter.most)) }
    var results: [PromptReport] = []
    for (index, prompt) in prompts.enumerated() {
      options.onProgress("prompt \(index + 1) of \(prompts.count): \(prompt.id)")
      results.append(try check(prompt, &settings))
    }
    var report = CheckReport(
      model: ModelSummary(model), limit: options.limit, prompts: results, settings: settings,
      minAcceptance: options.minAcceptance, arithmetic: options.arithmetic,
      draftShortlist: options.draftShortlist)
    if report.differences.isEmpty, !report.belowFloor.isEmpty {
      options.onProgress("few drafts are accepted: trying repairs of the head")
      report.headTrials = try headTrials(prompts)
    }
    return report
  }

  private func check(_ prompt: EncodedPrompt, _ settings: inout [SettingReport]) throws -> PromptReport {
    let vanilla = try decode(prompt, .vanilla)
    let stop = vanilla.tokens.firstIndex { options.stops.contains($0) }
    let end = prompt.tokens.count + (stop.map { $0 + 1 } ?? vanilla.tokens.count)
    var history = DraftHistory()
    for place in settings.indices {
      let name = settings[place].name
      let found = try decode(prompt, settings[place], truth: vanilla.tokens)
      var differences = found.differences(from: vanilla, prompt: prompt.id, setting: name)
      if !settings[place].isForced,
        let difference = history.enter(
          found.rounds, prompt: prompt.id, promptTokens: prompt.tokens.count, setting: name)
      {
        differences.append(difference)
      }
      settings[place].enter(prompt, vanilla, found, differences, end: end)
    }
    if let stop {
      // Of the head's depths the deepest, and every other way.
      for place in settings.indices where place + 1 >= options.depths.count {
        let difference = try checkStop(prompt, vanilla, stop, settings[place])
        if let difference { settings[place].differences.append(difference) }
      }
    }
    return PromptReport(prompt, vanilla, stop: stop)
  }

  /// With stop tokens, decoding ends at the first, wherever it stands in a round.
  private func checkStop(
    _ prompt: EncodedPrompt, _ vanilla: CheckedDecoding, _ stop: Int, _ setting: SettingReport
  ) throws -> Difference? {
    let expected = Array(vanilla.tokens[...stop])
    let found = try decode(prompt, setting, truth: vanilla.tokens, stops: options.stops)
    guard found.tokens != expected || found.finish != .stop(vanilla.tokens[stop]) else { return nil }
    return Difference(
      prompt: prompt.id, setting: setting.name, subject: .stop, index: stop, expected: "\(expected.count) tokens",
      found: "\(found.tokens.count) tokens")
  }

  private func decode(
    _ prompt: EncodedPrompt, _ setting: SettingReport, truth: [Int], stops: Set<Int> = []
  ) throws -> CheckedDecoding {
    try decode(
      prompt, setting.method, stops: stops,
      drafter: setting.isForced
        ? ForcedDrafter(prompt.tokens + truth, vocabulary: model.configuration.vocabulary) : nil)
  }

  private func decode(
    _ prompt: EncodedPrompt, _ method: DecodingMethod, stops: Set<Int> = [], drafter: (any Drafter)? = nil
  ) throws -> CheckedDecoding {
    let session = DecodingSession(
      model, pool: pool, promptChunk: options.promptChunk, arithmetic: options.arithmetic)
    session.plantedDefect = method == .vanilla ? nil : options.plantedDefect
    return try CheckedDecoding(
      session, prompt.prompt, method, limit: options.limit, stops: stops,
      draftShortlist: options.draftShortlist, drafter: drafter, isStopped: options.isStopped)
  }

  /// The rounds of decoding at depth 1 with the head as it is, or repaired.
  func rounds(_ prompt: EncodedPrompt, _ repair: HeadRepair?) throws -> [DecodingRound] {
    let session = DecodingSession(
      model, pool: pool, promptChunk: options.promptChunk, arithmetic: options.arithmetic)
    var rounds: [DecodingRound] = []
    let decoding = try session.decode(
      prompt.prompt, .mtp(depth: 1),
      DecodingOptions(
        limit: options.limit, stops: options.stops, draftShortlist: options.draftShortlist,
        onRound: { rounds.append($0) })
    ) { session in repair.map { MTPDrafter(session, repair: $0) } ?? MTPDrafter(session) }
    for _ in decoding {
      guard !options.isStopped() else { throw CancellationError() }
    }
    try decoding.requireSuccess()
    return rounds
  }
}
