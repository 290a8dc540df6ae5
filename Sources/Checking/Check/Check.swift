import Inference
import Threads

/// Decodes prompts in every way and compares.
///
/// Vanilla decoding is the measure. Every other setting must produce its tokens, the bytes of its logits, and the bytes
/// of its state at the end. See the page What the check proves. Decodings of all prompts share passes
/// (`DecodingsTogether`): first the plain ones, then all others.
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
    let results = try check(prompts, &settings)
    var report = CheckReport(
      model: ModelSummary(model), limit: options.limit, prompts: results, settings: settings,
      minAcceptance: options.minAcceptance, arithmetic: options.arithmetic,
      draftShortlist: options.draftShortlist)
    report.measuresShortlist = options.measuresShortlist
    if report.differences.isEmpty, !report.belowFloor.isEmpty {
      options.onNote("few drafts are accepted: trying repairs of the head")
      report.headTrials = try headTrials(prompts)
    }
    return report
  }

  /// Decodes all prompts in every way, compares, and enters what was found.
  private func check(_ prompts: [EncodedPrompt], _ settings: inout [SettingReport]) throws -> [PromptReport] {
    let known = DecodingNames("package", prompts, options)
    let plain = try decode(
      prompts.enumerated().map { task($1, .vanilla, name: known.name($0, "vanilla")) }, prompts.map { ($0, "vanilla") })
    // A prompt that cannot be decoded plainly ends the check, after all that come before it.
    var truths: [CheckedDecoding] = []
    var failure: (any Error)?
    for record in plain where failure == nil {
      do { truths.append(try record.result()) } catch { failure = error }
    }
    var tasks: [DecodingTask] = []
    var names: [(prompt: EncodedPrompt, setting: String)?] = []
    for (number, (prompt, truth)) in zip(prompts, truths).enumerated() {
      for setting in settings {
        tasks.append(task(prompt, setting, truth: truth.tokens, name: known.name(number, setting.name)))
        names.append((prompt, setting.name))
      }
      guard self.stop(truth) != nil else { continue }
      for place in settingsWithStop(settings) {
        let name = known.name(number, settings[place].name, withStops: true)
        tasks.append(task(prompt, settings[place], truth: truth.tokens, stops: options.stops, name: name))
        names.append(nil)
      }
    }
    var made = try decode(tasks, names)[...]
    var results: [PromptReport] = []
    for (prompt, truth) in zip(prompts, truths) {
      let found = try made.prefix(settings.count).map { try $0.result() }
      made = made.dropFirst(settings.count)
      let stop = stop(truth)
      enter(prompt, truth, found, stop: stop, &settings)
      if let stop {
        for place in settingsWithStop(settings) {
          guard let record = made.popFirst() else { continue }
          let difference = difference(prompt, truth, stop, settings[place].name, try record.result())
          if let difference { settings[place].differences.append(difference) }
        }
      }
      results.append(PromptReport(prompt, truth, stop: stop))
    }
    if let failure { throw failure }
    return results
  }

  /// Number of the first stop token.
  private func stop(_ truth: CheckedDecoding) -> Int? { truth.tokens.firstIndex { options.stops.contains($0) } }

  /// The deepest of the head's depths, and every other way.
  private func settingsWithStop(_ settings: [SettingReport]) -> [Int] {
    settings.indices.filter { $0 + 1 >= options.depths.count }
  }

  private func enter(
    _ prompt: EncodedPrompt, _ vanilla: CheckedDecoding, _ found: [CheckedDecoding], stop: Int?,
    _ settings: inout [SettingReport]
  ) {
    let end = prompt.tokens.count + (stop.map { $0 + 1 } ?? vanilla.tokens.count)
    var history = DraftHistory()
    for (place, found) in zip(settings.indices, found) {
      let name = settings[place].name
      var differences = found.differences(from: vanilla, prompt: prompt.id, setting: name)
      if !settings[place].isForced,
        let difference = history.enter(
          found.rounds, prompt: prompt.id, promptTokens: prompt.tokens.count, setting: name)
      {
        differences.append(difference)
      }
      settings[place].enter(prompt, vanilla, found, differences, end: end)
    }
  }

  /// With stop tokens, decoding ends at the first, wherever it is in a round.
  private func difference(
    _ prompt: EncodedPrompt, _ vanilla: CheckedDecoding, _ stop: Int, _ setting: String, _ found: CheckedDecoding
  ) -> Difference? {
    let expected = Array(vanilla.tokens[...stop])
    guard found.tokens != expected || found.finish != .stop(vanilla.tokens[stop]) else { return nil }
    return Difference(
      prompt: prompt.id, setting: setting, subject: .stop, index: stop, expected: "\(expected.count) tokens",
      found: "\(found.tokens.count) tokens")
  }

  private func task(
    _ prompt: EncodedPrompt, _ setting: SettingReport, truth: [Int], stops: Set<Int> = [], name: String
  ) -> DecodingTask {
    task(
      prompt, setting.method, stops: stops, name: name,
      drafter: setting.isForced
        ? ForcedDrafter(prompt.tokens + truth, vocabulary: model.configuration.vocabulary) : nil)
  }

  private func task(
    _ prompt: EncodedPrompt, _ method: DecodingMethod, stops: Set<Int> = [], name: String,
    drafter: (any Drafter)? = nil
  ) -> DecodingTask {
    DecodingTask(
      name: name, prompt: prompt.prompt, method: method, limit: options.limit, stops: stops,
      draftShortlist: options.draftShortlist, measuresShortlist: options.measuresShortlist, drafter: drafter,
      defect: method == .vanilla ? nil : options.plantedDefect)
  }

  /// Makes decodings, and says of each that has a name that it is made.
  private func decode(
    _ tasks: [DecodingTask], _ names: [(prompt: EncodedPrompt, setting: String)?]
  ) throws -> [DecodingRecord] {
    var done = 0
    let count = names.count { $0 != nil }
    // They share passes and end late: that they have begun is said, too.
    options.onProgress(CheckProgress(.package, 0, of: count, ""))
    return try DecodingsTogether(model: model, pool: pool, options: options).run(tasks) { number in
      guard let (prompt, setting) = names[number] else { return }
      done += 1
      options.onProgress(CheckProgress(.package, done, of: count, "\(prompt.id), \(setting)"))
    }
  }

  /// The rounds of decoding at depth 1 with the head as it is, or repaired.
  func rounds(_ prompt: EncodedPrompt, _ repair: HeadRepair?) throws -> [DecodingRound] {
    let session = DecodingSession(
      model, pool: pool, promptChunk: options.promptChunk, arithmetic: options.arithmetic)
    var rounds: [DecodingRound] = []
    var decoded = DecodingOptions(
      limit: options.limit, stops: options.stops, draftShortlist: options.draftShortlist,
      onRound: { rounds.append($0) })
    decoded.measuresShortlist = options.measuresShortlist
    let decoding = try session.decode(prompt.prompt, .mtp(depth: 1), decoded) { session in
      repair.map { MTPDrafter(session, repair: $0) } ?? MTPDrafter(session)
    }
    for _ in decoding {
      guard !options.isStopped() else { throw CancellationError() }
    }
    try decoding.requireSuccess()
    return rounds
  }
}
