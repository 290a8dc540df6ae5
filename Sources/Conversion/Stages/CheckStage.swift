import Audit
import Checking
import Checkpoint
import Diagnostics
import Digests
import Files
import Inference
import Manifests
import Planning
import StrictJSON
import Templates
import Threads
import Tokenization
import Workspace
import SystemPackage

/// Decodes with the package before it is published: with the head at every depth and without it, which must be the same
/// to the bit, and counts what the head gets accepted. A miss fails the run, and the package is not published.
struct CheckStage: Stage {
  let name = StageName.check
  let folder: WorkFolder
  let plan: Plan
  let forecast: Forecast
  let resolution: Resolution
  let inputs: RunInputs
  let published: PublishedWeights
  /// Whether the weights are what receipts say of them, and were not read: what they decode may be of damaged ones.
  let isOnTrust: Bool
  /// Makes the source as the conversion reads it, where the runner does not read it as it is; returns it, and what removes it.
  let copySource: () throws -> (folder: CheckpointFolder, remove: () -> Void)
  let observer: any RunObserver
  /// The command that continues a stopped run, for messages.
  let resumeCommand: String

  func parameters() -> JSONValue {
    var members: [(String, JSONValue)] = [("plan_sha256", .string(plan.digest.hex))]
    // A run that has read the weights does not take what one decoded with that had not.
    if isOnTrust { members.append(("on_trust", .bool(true))) }
    switch forecast.check {
    case .none(let reason): members.append(("reason", .string(reason)))
    case .decode(let check):
      let bits = { (value: Double?) in value.map { JSONValue.string(String($0.bitPattern, radix: 16)) } ?? .null }
      members += [
        ("prompts", .int(check.prompts)), ("tokens", .int(check.tokens)),
        ("depths", .array(check.depths.map { .int($0) })), ("acceptance_floor", bits(check.acceptanceFloor)),
        ("relative_floor", bits(check.relativeFloor)),
      ]
      if let drafter = check.drafter { members.append(("drafter", .string(drafter.name))) }
      if check.copiesSource { members.append(("source_copy", .bool(true))) }
      members += [
        ("source_obstacle", check.sourceObstacle.map { .string($0) } ?? .null), ("max_kl", bits(check.maxKL)),
        ("min_top1", bits(check.minTop1)),
      ]
    }
    return .object(members)
  }

  func inputRecords() throws -> [FileRecord] {
    try inputs.records { $0.shard == nil && !$0.isCards } + folder.outputRecords(of: .quantize)
  }

  var isReusable: Bool { !isOnTrust }

  /// Where the outcome is in the work folder.
  private var path: FilePath { folder.folder(name).appending(CheckOutcome.fileName) }

  var outputPaths: [String] { [CheckOutcome.fileName] }

  func prepare() throws { try published.takeBack() }

  func run() throws -> [FileRecord] {
    let outcome: CheckOutcome
    var missing: String?
    switch forecast.check {
    case .none(let reason):
      outcome = CheckOutcome(reason: reason)
      missing = reason
    case .decode(let check):
      do {
        outcome = try decode(check)
        if check.demandsSource { missing = outcome.notCompared }
      } catch let refusal as CheckRefusal {
        observer.note("decoding is not checked: \(refusal.reason)\(refusal.details)")
        outcome = CheckOutcome(reason: refusal.reason)
        missing = refusal.reason + refusal.details
      }
    }
    try AtomicFile.write(outcome.bytes, to: path)
    if let missing { try CheckStage.require(missing, resolution) }
    return [FileRecord(path: CheckOutcome.fileName, bytes: outcome.bytes.count, sha256: outcome.digest)]
  }

  /// Refuses to go on without a check that the manifest or the pipeline asks for, unless the manifest says that it may be
  /// missing: whatever the package is, and whatever is in the way.
  /// - Throws: `ConversionError.checkMissing`.
  static func require(_ reason: String, _ resolution: Resolution) throws {
    guard resolution.target == .package, let check = resolution.check, !check.isOptional else { return }
    throw ConversionError.checkMissing(manifest: resolution.manifest.path, reason: reason)
  }

  private func decode(_ check: DecodeCheck) throws -> CheckOutcome {
    let staged = try StagedPackage(
      forecast.files, at: folder.folder(name).appending(StagedPackage.name), source: resolution.source,
      weights: folder.folder(.quantize),
      linksBeneath: folder.path)
    defer { try? staged.remove() }
    let package = try staged.open()
    let model = try CheckRefusal.asked {
      try LoadedModel(package, drafters: [resolution.drafter?.reference].compactMap { $0 })
    }
    let encoder = PromptEncoder(folder: package.path)
    let prompts = try CheckRefusal.asked { try BundledPrompts.spread(check.prompts).map(encoder.encode) }
    let stops = try CheckRefusal.asked { Set(try StopTokens(folder: package.path, tokenizer: encoder.tokenizer()).ids) }
    let cost = CheckForecast(check, plan, resolution)
    // One decoding without the head, one at each depth, and these of the source when it is asked; one with the drafter;
    // without a head one with lookup, and one with drafts that are made up.
    let depths = check.depths.count * (check.relativeFloor == nil ? 1 : 2)
    let others = check.draftsByLookup ? 2 : check.drafter == nil ? 0 : 1
    let parts = check.prompts * (1 + depths + others) + (check.sourceObstacle == nil ? 1 : 0)
    observer.began(name, bytes: cost.bytes)
    let journal = try CheckJournal(folder: folder.folder(name), key: journalKey())
    var options = CheckOptions(
      depths: check.depths, limit: check.tokens, stops: stops, threads: inputs.threads,
      minAcceptance: check.acceptanceFloor, isStopped: { StopSignal.shared.isRequested },
      onProgress: { [observer] in observer.advanced(.check, bytes: $0.done > 0 ? cost.bytes / parts : 0, item: $0.item)
      })
    options.decoders = [check.drafter.flatMap { DecodingMethod(name: $0.name) }].compactMap { $0 }
    // Lookup seldom drafts in a short text: made-up drafts, right up to every place, compare the passes of many rows
    // and the rollback of states with plain decoding.
    options.forced = check.draftsByLookup
    options.onNote = { [observer] in observer.note($0) }
    options.journal = journal
    do {
      var report = try CheckRefusal.asked { try Check(model, options).run(prompts) }
      if let floor = check.relativeFloor, plan.head != nil, let head = resolution.headFolder {
        if resolution.adapter != nil {
          observer.note("relative_floor is compared with the source without the adapter")
        }
        report.sourceAcceptance = try CheckRefusal.asked {
          let donor = resolution.donor == nil ? nil : head
          return try SourceAcceptance(
            LoadedModel(resolution.source, head: donor), prompts, options, floor: floor)
        }
      }
      let notCompared = try compare(model, check, encoder, &report)
      let outcome = try CheckOutcome(report: report.json, notCompared: notCompared)
      try journal.remove()
      if let failure = report.failure(path: path) {
        // This is for whoever looks into it; without a receipt it counts for nothing.
        try AtomicFile.write(outcome.bytes, to: path)
        throw failure
      }
      return outcome
    } catch let refusal as CheckRefusal {
      try journal.remove()
      throw refusal
    } catch is CancellationError {
      throw ConversionError.stopped(resume: resumeCommand)
    }
  }

  /// Compares the package with its source, unless the plan says that it is not.
  /// - Returns: Why they were not compared; nil when they were.
  private func compare(
    _ package: LoadedModel, _ check: DecodeCheck, _ encoder: PromptEncoder, _ report: inout CheckReport
  ) throws -> String? {
    if let obstacle = check.sourceObstacle { return obstacle }
    do {
      let copy = check.copiesSource ? try copySource() : nil
      defer { copy?.remove() }
      report.source = try CheckRefusal.asked {
        try SourceComparison(
          package: package, source: LoadedModel(copy?.folder ?? resolution.source),
          texts: [ComparisonText.tokens(encoder.tokenizer())],
          file: "the text of the comparison", threads: inputs.threads, passRows: ComparisonText.mostTokens,
          isStopped: { StopSignal.shared.isRequested })
      }
    } catch let refusal as CheckRefusal {
      observer.note("the source is not compared: \(refusal.reason)\(refusal.details)")
      return refusal.reason
    }
    report.sourceText = ComparisonText.digest
    report.sourceLimits = SourceLimits(maxKL: check.maxKL, minTop1: check.minTop1)
    return nil
  }

  /// What an interrupted check must have in common with this one for its decodings to count.
  private func journalKey() throws -> SHA256Digest {
    StageReceipt.key(
      stage: name.rawValue, version: name.version, tool: Tool.name, parameters: parameters(), inputs: try inputRecords()
    )
  }

  func conclude(_ summary: inout RunSummary) throws {
    summary.check = try CheckOutcome.read(path: path, forecast.check)
  }

  /// `OUTPUT.check.json`: the report is beside the package, whose files are as planned to the byte; its own size nobody
  /// can plan.
  static func beside(_ resolution: Resolution) -> FilePath { resolution.output.appending(suffix: ".check.json") }

  /// Puts the report beside the package, unless it is there.
  static func publish(_ outcome: CheckOutcome, _ resolution: Resolution) throws {
    // A report of an earlier run must not speak for a package that was not decoded.
    guard resolution.target == .package, resolution.check != nil || resolution.leavesCheckOut else { return }
    let bytes = outcome.bytes
    let path = beside(resolution)
    try AtomicFile.removeAbandoned(of: path)
    guard (try? ReadOnlyFile(path: path).readAll(limit: bytes.count)) != bytes else { return }
    // Looked at before the run; once more, since somebody may have put a file there.
    guard try linkStatus(path) == nil || CheckOutcome.isAt(path) else {
      throw ConversionError.outputExists(path: path, found: "a file that is no report of a decode check")
    }
    try AtomicFile.write(bytes, to: path)
  }
}
