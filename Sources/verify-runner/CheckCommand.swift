import ArgumentParser
import Checking
import Digests
import Files
import Foundation
import Inference
import Terminal
import Threads
import Tokenization
import SystemPackage

struct CheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Proves that decoding with the MTP head gives exactly the tokens and logits of decoding without it.",
    discussion: """
      Every prompt is decoded token by token and then at each depth; tokens, logits and the final state are compared by \
      their bytes. Without --prompts, prompts.jsonl in the package is taken, or a small set of the program's own. \
      With --images, questions about the pictures of a folder are prompts too (or, without --prompts, the only ones), and \
      the answers are compared with captions.jsonl there and with those of --source.

      Ends with 2 when something differs, or when fewer first drafts than --min-acceptance are accepted at a depth, or \
      fewer than --relative-acceptance of those that the source's head gets accepted.

      Example:
        verify-runner check PACKAGE --depths 1,2,3,4 --adaptive --min-acceptance 0.5
        verify-runner check PACKAGE --drafter DRAFTER --decoders dflash,in-turn \\
            --forced
        verify-runner check PACKAGE --source CHECKPOINT --text sample.txt \\
            --max-kl 0.05
        verify-runner check PACKAGE --source CHECKPOINT --images pictures
        verify-runner check PACKAGE --source TRUNK --source-head DONOR \\
            --relative-acceptance 0.9
        verify-runner check PACKAGE --resume check.work

      \(HelpSections.exitCodes([.verificationFailed: "something differs, too few drafts are accepted, or the source is too far"]))

      \(HelpSections.environment(EnvironmentVariable.hub + [.simd]))
      """)

  @Argument(help: "The package, or a checkpoint.", completion: .directory, transform: named) var package: String
  @Option(help: "Prompts, one JSON object a line.", completion: .file(extensions: ["jsonl"])) var prompts: FilePath?
  @Option(help: "Folder of pictures to ask about, with captions.jsonl if wanted.", completion: .directory)
  var images: FilePath?
  @Option(
    help: "Depths of MTP decoding, with commas, or none (default: 1,2,3,4; without a head, lookup and made-up drafts).")
  var depths: DepthList?
  @Flag(help: "Check adaptive depth too.") var adaptive = false
  @OptionGroup var drafters: DrafterOptions
  @Option(
    help: ArgumentHelp(
      "Other decoders to check, with commas, or all that the package and --drafter have: \(DecodingMethod.names). By"
        + " default all with --drafter, else none."), transform: CheckedDecoders.init)
  var decoders: CheckedDecoders?
  @Flag(help: "Also check made-up drafts that are right up to each place, without any drafter.") var forced = false
  @Option(help: "Tokens to decode for each prompt; stop tokens do not end them.") var limit: Int = 48
  @Option(help: "Share of first drafts that must be accepted at every depth, 0 to 1.") var minAcceptance: Double?
  @Option(
    help: "Checkpoint to compare the distributions and the acceptance with.", completion: .directory, transform: named)
  var source: String?
  @Option(
    help: "Folder that has the source's head, when the source has none.", completion: .directory, transform: named)
  var sourceHead: String?
  @Option(help: "Share of the source's accepted first drafts that must be reached at every depth, 0 to 1.")
  var relativeAcceptance: Double?
  @Option(help: "Largest mean of KL(source, package) in nats.") var maxKl: Double?
  @Option(help: "Share of the positions where the source has the same best token, 0 to 1, at least.")
  var minTop1: Double?
  @Option(help: "Text to compare over; by default the prompts and their answers.", completion: .file())
  var text: FilePath?
  @Option(
    help: ArgumentHelp(
      "Folder that keeps what is decoded; an interrupted check continues from it."),
    completion: .directory)
  var resume: FilePath?
  @OptionGroup var format: JSONOption
  @Flag(help: "Print times on standard error.") var timings = false
  @OptionGroup var progress: QuietOption
  @OptionGroup var runner: RunnerOptions

  func validate() throws {
    try requireLimit(limit)
    if let minAcceptance, !(0...1).contains(minAcceptance) {
      throw ValidationError("--min-acceptance takes a number from 0 to 1")
    }
    if let relativeAcceptance, !(0...1).contains(relativeAcceptance) {
      throw ValidationError("--relative-acceptance takes a number from 0 to 1")
    }
    if relativeAcceptance != nil, source == nil || depths?.depths.isEmpty == true {
      throw ValidationError("--relative-acceptance needs --source and --depths")
    }
    if sourceHead != nil, source == nil { throw ValidationError("--source-head needs --source") }
    if let maxKl, !(maxKl > 0 && maxKl < 1e6) { throw ValidationError("--max-kl takes a number above 0") }
    if let minTop1, !(0...1).contains(minTop1) { throw ValidationError("--min-top1 takes a number from 0 to 1") }
    if maxKl != nil || minTop1 != nil, source == nil { throw ValidationError("--max-kl and --min-top1 need --source") }
    if text != nil, source == nil { throw ValidationError("--text needs --source") }
    if minAcceptance != nil, depths?.depths.isEmpty == true { throw ValidationError("--min-acceptance needs --depths") }
  }

  func run() throws {
    StopSignal.shared.install()
    try runner.arithmetic.check()
    let line = ProgressLine(quiet: progress.quiet)
    defer { line.clear() }
    let clock = ContinuousClock()
    let start = clock.now
    let model = try LoadedModel.open(package, drafters: drafters.drafter)
    let loaded = clock.now
    let depths = try checkedDepths(of: model)
    let encoder = PromptEncoder(folder: model.path)
    var prompts = try promptSet(folder: model.path).map(encoder.encode)
    let pictures = try images.map(Picture.all) ?? []
    let pictureCheck = pictures.isEmpty ? nil : try PictureCheck(model, threads: runner.threads)
    prompts += try pictureCheck?.prompts(pictures) { StopSignal.shared.isRequested } ?? []
    var options = CheckOptions(
      depths: depths, adaptive: adaptive, limit: limit, stops: try stops(model.path, encoder),
      threads: runner.threads, promptChunk: runner.chunk, arithmetic: runner.arithmetic,
      minAcceptance: minAcceptance,
      isStopped: { StopSignal.shared.isRequested }, onProgress: Self.telling(line))
    options.draft(from: runner.vocabulary(or: .all), of: model)
    options.onNote = { line.say($0) }
    let isBare = hasNothing(model)
    if isBare { line.say("no head: nothing drafts but lookup") }
    options.decoders =
      decoders?.methods(of: model) ?? (model.hasDrafter || isBare ? DecodingMethod.all(of: model) : [])
    options.forced = forced || isBare
    options.journal = try resume.map { folder in
      try Folder.create(folder.absolute)
      return try CheckJournal(folder: folder.absolute, key: CheckJournal.key(model))
    }
    var report = try Check(model, options).run(prompts)
    // What is decoded of the source has other names: its captions alone are kept with the rest.
    let journal = options.journal
    options.journal = nil
    let checked = clock.now
    let original = try source.map { source in
      line.say("comparing with \(source)")
      return try LoadedModel.open(source, head: sourceHead)
    }
    let spoken = Array(prompts.dropLast(pictures.count))
    // Images have no text to score.
    if let original, text != nil || !spoken.isEmpty {
      report.source = try SourceComparison(
        package: model, source: original, texts: try texts(encoder, spoken, report),
        file: text?.string ?? package, threads: runner.threads, arithmetic: runner.arithmetic,
        isStopped: { StopSignal.shared.isRequested })
    }
    report.sourceLimits = SourceLimits(maxKL: maxKl, minTop1: minTop1)
    if let text, report.source != nil {
      report.sourceText = SHA256Digest.of(try ReadOnlyFile(path: text).readAll(limit: PromptFile.limit))
    }
    if let original {
      if original.hasHead, !depths.isEmpty {
        report.sourceAcceptance = try SourceAcceptance(original, prompts, options, floor: relativeAcceptance)
      } else if relativeAcceptance != nil {
        throw InferenceError.headMissing(path: original.path)
      }
    }
    if let pictureCheck { report.captions = try captions(pictures, pictureCheck, original, report, journal) }
    try journal?.remove()
    line.clear()
    format.print(json: report.json, text: report.text)
    if timings {
      Terminal.note("seconds: loading \(start.duration(to: loaded)), checking \(loaded.duration(to: checked))")
      let use = ResourceUse(
        loading: start.duration(to: loaded), mappedBytes: model.mappedBytes, summary: ModelSummary(model))
      Terminal.note(use.text)
    }
    if let failure = report.failure(path: FilePath(package)) { Terminal.fail(failure.diagnostic, afterResult: true) }
  }

  /// What is checked when nobody says: a package without a head has no depths, which is an error only where somebody asks
  /// for what a head does.
  private func checkedDepths(of model: LoadedModel) throws -> [Int] {
    if let depths { return depths.depths }
    guard !model.hasHead else { return DepthList.usual }
    guard minAcceptance == nil, relativeAcceptance == nil, !adaptive else {
      throw InferenceError.headMissing(path: model.path)
    }
    return []
  }

  /// Whether nothing drafts with weights, and nobody says what is to be checked.
  private func hasNothing(_ model: LoadedModel) -> Bool {
    depths == nil && decoders == nil && !model.hasHead && !model.hasDrafter
  }

  /// Every kind of work has a separate count.
  private static func telling(_ line: ProgressLine) -> (CheckProgress) -> Void {
    var last: CheckProgress?
    return { now in
      if last?.work != now.work || last?.total != now.total || now.done <= (last?.done ?? 0) {
        line.began(now.work.rawValue, total: now.total, .steps)
        last = nil
      }
      line.advanced(by: now.done - (last?.done ?? 0), item: now.item)
      last = now
    }
  }

  private func promptSet(folder: FilePath) throws -> [CheckPrompt] {
    if let prompts { return try PromptFile.read(prompts) }
    if images != nil { return [] }
    let beside = folder.appending("prompts.jsonl")
    return try beside.exists ? PromptFile.read(beside) : BundledPrompts.all
  }

  /// The stop tokens; none for a folder without a tokenizer, which prompts of ids do not need.
  private func stops(_ folder: FilePath, _ encoder: PromptEncoder) throws -> Set<Int> {
    do {
      return Set(try StopTokens(folder: folder, tokenizer: encoder.tokenizer()).ids)
    } catch let error as TokenizerError {
      guard case .missingFile = error else { throw error }
      return []
    }
  }

  /// The package's answers are those of the check; the source is asked separately, with its own processor and template.
  private func captions(
    _ pictures: [Picture], _ check: PictureCheck, _ source: LoadedModel?, _ report: CheckReport,
    _ journal: CheckJournal?
  ) throws -> CaptionComparison {
    let expected = try source.map { source in
      try PictureCheck(source, threads: runner.threads).answers(
        pictures, limit: limit, promptChunk: runner.chunk, arithmetic: runner.arithmetic,
        journal: journal, isStopped: { StopSignal.shared.isRequested })
    }
    let own = try report.prompts.suffix(pictures.count).map { try check.text($0.tokens) }
    return CaptionComparison(
      pictures.indices.map { .init(picture: pictures[$0], package: own[$0], source: expected?[$0]) })
  }

  private func texts(_ encoder: PromptEncoder, _ prompts: [EncodedPrompt], _ report: CheckReport) throws
    -> [[Int]]
  {
    guard let text else { return zip(prompts, report.prompts).map { $0.tokens + $1.tokens } }
    let bytes = try ReadOnlyFile(path: text).readAll(limit: PromptFile.limit)
    return [try encoder.tokenizer().encode(bytes, special: false)]
  }
}

/// Depths as `1,2,4`, or `none`.
struct DepthList: ExpressibleByArgument {
  /// What is checked when nothing is said.
  static let usual = [1, 2, 3, 4]

  let depths: [Int]

  init(depths: [Int]) { self.depths = depths }

  init?(argument: String) {
    if argument == "none" {
      depths = []
      return
    }
    var found: [Int] = []
    for word in argument.split(separator: ",", omittingEmptySubsequences: false) {
      guard let depth = Int(word), (1...DecodingMethod.deepest).contains(depth), !found.contains(depth) else {
        return nil
      }
      found.append(depth)
    }
    depths = found
  }

  var defaultValueDescription: String { depths.map(String.init).joined(separator: ",") }
}
