import Inference
import Threads

/// How many drafts the head gets accepted on the unquantized source: the measure of what a conversion cost it.
public struct SourceAcceptance: Sendable {
  /// Counts by setting, in the order of the check's settings of a fixed depth.
  public var settings: [(name: String, count: AcceptanceCount)]
  /// Share of the source's accepted first drafts that the package must reach at every depth.
  public var floor: Double?

  /// Decodes prompts with the source's own answers.
  /// - Parameters:
  ///   - source: The source; its head, or the donor's, opened with it.
  ///   - prompts: The prompts as token ids.
  ///   - options: The options of the package's check; `minAcceptance` and adaptive depth have no effect.
  ///   - floor: The share of the source's acceptance that the package is to reach; nil when none is asked for.
  /// - Throws: As ``Check/run(_:)``.
  public init(_ source: LoadedModel, _ prompts: [EncodedPrompt], _ options: CheckOptions, floor: Double?) throws {
    self.floor = floor
    let known = DecodingNames("source", prompts, options)
    let tasks = options.depths.flatMap { depth in
      prompts.enumerated().map { number, prompt in
        DecodingTask(
          name: known.name(number, "mtp-\(depth)"), prompt: prompt.prompt, method: .mtp(depth: depth),
          limit: options.limit,
          draftShortlist: options.draftShortlist, measuresShortlist: options.measuresShortlist)
      }
    }
    var done = 0
    let together = DecodingsTogether(model: source, pool: WorkerPool(threads: options.threads), options: options)
    var made = try together.run(tasks) { number in
      done += 1
      let (depth, prompt) = (options.depths[number / prompts.count], prompts[number % prompts.count])
      options.onProgress(CheckProgress(.source, done, of: tasks.count, "\(prompt.id) at depth \(depth)"))
    }[...]
    settings = []
    for depth in options.depths {
      var count = AcceptanceCount()
      for prompt in prompts {
        guard let decoding = try made.popFirst()?.result() else { continue }
        let stop = decoding.tokens.firstIndex { options.stops.contains($0) }
        let end = prompt.tokens.count + (stop.map { $0 + 1 } ?? decoding.tokens.count)
        for round in decoding.rounds { count.enter(round, end: end) }
      }
      settings.append(("mtp-\(depth)", count))
    }
  }
}
