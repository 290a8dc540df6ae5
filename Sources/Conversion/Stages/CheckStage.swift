import Checking
import Checkpoint
import Diagnostics
import Files
import Foundation
import Inference
import Manifests
import StrictJSON
import Templates
import Threads
import Tokenization
import Workspace

/// Decodes with the package before it is published: with the head at every depth and without it, which must be the same
/// to the bit, and counts what the head gets accepted. A miss fails the run, and the package is not published.
struct CheckStage: Stage {
  let name = StageName.check

  func parameters(_ context: RunContext) -> JSONValue {
    var members: [(String, JSONValue)] = [("plan_sha256", .string(context.plan.digest.hex))]
    switch CheckPlan(context.resolution, context.contents) {
    case .none(let reason): members.append(("reason", .string(reason)))
    case .decode(let check):
      let bits = { (value: Double?) in value.map { JSONValue.string(String($0.bitPattern, radix: 16)) } ?? .null }
      members += [
        ("prompts", .int(check.prompts)), ("tokens", .int(check.tokens)),
        ("depths", .array(check.depths.map { .int($0) })), ("acceptance_floor", bits(check.acceptanceFloor)),
        ("relative_floor", bits(check.relativeFloor)),
      ]
    }
    return .object(members)
  }

  func inputs(_ context: RunContext) throws -> [FileRecord] {
    try context.inputRecords { $0.shard == nil } + context.outputRecords(of: .quantize)
  }

  func run(_ context: RunContext) throws -> [FileRecord] {
    let outcome: CheckOutcome
    switch CheckPlan(context.resolution, context.contents) {
    case .none(let reason): outcome = CheckOutcome(reason: reason)
    case .decode(let check):
      do {
        outcome = try decode(check, context)
      } catch let refusal as Refusal {
        let text = "\(refusal.diagnostic.code), \(refusal.diagnostic.summary)"
        context.observer.note("decoding is not checked: \(text)")
        outcome = CheckOutcome(reason: text)
      }
    }
    let path = context.folder(name) + "/" + CheckOutcome.fileName
    try AtomicFile.write(outcome.bytes, to: path)
    return [FileRecord(path: CheckOutcome.fileName, bytes: outcome.bytes.count, sha256: outcome.digest)]
  }

  /// What the runner does not cover: the package may be right all the same.
  private struct Refusal: Error {
    let diagnostic: Diagnostic
  }

  private func decode(_ check: DecodeCheck, _ context: RunContext) throws -> CheckOutcome {
    let staged = try StagedPackage(context)
    defer { try? staged.remove() }
    let folder = try staged.open()
    let model = try refusable { try LoadedModel(folder) }
    let encoder = PromptEncoder(folder: folder.path)
    let prompts = try refusable { try BundledPrompts.spread(check.prompts).map(encoder.encode) }
    let stops = try refusable { Set(try StopTokens(folder: folder.path, tokenizer: encoder.tokenizer()).ids) }
    let forecast = CheckForecast(check, context.resolution, context.contents)
    let parts = check.prompts * (check.relativeFloor == nil ? 1 : 1 + check.depths.count)
    context.observer.began(name, bytes: forecast.bytes)
    let options = CheckOptions(
      depths: check.depths, limit: check.tokens, stops: stops, threads: context.options.threads,
      minAcceptance: check.acceptanceFloor, isStopped: { StopSignal.shared.isRequested },
      onProgress: { context.observer.advanced(.check, bytes: forecast.bytes / parts, item: $0) })
    do {
      var report = try refusable { try Check(model, options).run(prompts) }
      if let floor = check.relativeFloor, let head = context.resolution.headFolder {
        report.sourceAcceptance = try refusable {
          let donor = context.resolution.donor == nil ? nil : head
          return try SourceAcceptance(
            LoadedModel(context.resolution.source, head: donor), prompts, options, floor: floor)
        }
      }
      let outcome = CheckOutcome(report: report.json)
      let path = context.folder(name) + "/" + CheckOutcome.fileName
      if let failure = report.failure(path: path) {
        // For whoever looks into it; without a receipt it counts for nothing.
        try AtomicFile.write(outcome.bytes, to: path)
        throw failure
      }
      return outcome
    } catch is CancellationError {
      throw context.stopped
    }
  }

  /// Turns what says "not covered" into a refusal; damage and failures of the system stay errors.
  private func refusable<Result>(_ body: () throws -> Result) throws -> Result {
    do {
      return try body()
    } catch let error as InferenceError {
      switch error {
      case .unsupported, .dtype, .prompt: throw Refusal(diagnostic: error.diagnostic)
      default: throw error
      }
    } catch let error as any CambiumError {
      guard error is TokenizerError || error is ChatTemplateError || error is WeightMatrixError else { throw error }
      throw Refusal(diagnostic: error.diagnostic)
    }
  }

  /// `OUTPUT.check.json`: the report stands beside the package, whose files are as planned to the byte; its own size
  /// nobody can plan.
  static func beside(_ resolution: Resolution) -> String { resolution.output + ".check.json" }

  /// Puts the report beside the package, unless it stands there.
  static func publish(_ context: RunContext) throws {
    guard context.resolution.target == .package, context.resolution.check != nil else { return }
    let bytes = try CheckOutcome.read(context).bytes
    let path = beside(context.resolution)
    try AtomicFile.removeAbandoned(of: path)
    guard (try? ReadOnlyFile(path: path).readAll(limit: bytes.count)) != bytes else { return }
    try AtomicFile.write(bytes, to: path)
  }
}
