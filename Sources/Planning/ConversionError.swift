import Diagnostics

/// What can go wrong between a plan and a package.
public enum ConversionError: CambiumError {
  /// A rule asks to quantize a tensor whose structure forbids it.
  case ruleStructure(place: String, rule: String, tensor: String, reason: String)
  /// A rule drops a tensor without which no reader loads the model.
  case ruleDrops(place: String, rule: String, tensor: String, role: String)
  /// A place for the head that breaks a reader of this architecture.
  case headLayout(manifest: String, layout: String, reason: String)
  /// A reader that the manifest requires cannot load the package with its head.
  case readerRefuses(manifest: String, reader: String, verdict: String, reason: String)
  /// A name that stands for no reader.
  case readerUnknown(manifest: String, reader: String, known: [String])
  /// NaN or infinity in a tensor to be quantized.
  case nonFinite(file: String, tensor: String, index: Int)
  /// The output's folder is there, and it is not the result of this very run.
  case outputExists(path: String, found: String)
  /// The output lies inside the source or the donor.
  case outputInsideInput(path: String, input: String)
  /// One row of a tensor needs more memory than the budget.
  case budgetTooSmall(tensor: String, needed: Int, budget: Int)
  /// An input file changed while it was read.
  case inputChanged(file: String)
  /// A file has another size than the plan predicted.
  case forecastMissed(file: String, planned: Int, actual: Int)
  /// Stopped by a signal; the same command continues.
  case stopped(resume: String)
  /// What was written is not what was planned, or misses a threshold.
  case verification(summary: String, file: String?, tensor: String?, expected: String, found: String, next: String)
  /// The decode check was asked for and cannot take place.
  case checkMissing(manifest: String, reason: String)
  /// A package's own record is damaged or contradicts the files.
  case packageForm(file: String, expected: String, found: String)

  public var diagnostic: Diagnostic {
    switch self {
    case .ruleStructure(let place, let rule, let tensor, let reason):
      Diagnostic(
        "E_RULE_STRUCTURE", "a rule asks to quantize a tensor that must be kept", file: place, tensor: tensor,
        expected: "keep or cast", found: "\(rule): \(reason)",
        next: "narrow the rule so that it leaves this tensor out",
        exit: .badInput)
    case .ruleDrops(let place, let rule, let tensor, let role):
      Diagnostic(
        "E_RULE_DROPS", "a rule drops a tensor that every reader needs", file: place, tensor: tensor,
        expected: "drop for roles vision and mtp only", found: "\(rule): role \(role)",
        next: "remove or narrow the rule",
        exit: .badInput)
    case .headLayout(let manifest, let layout, let reason):
      Diagnostic(
        "E_HEAD_LAYOUT", "the head cannot be put there", file: manifest, expected: "a layout that every reader bears",
        found: "\(layout): \(reason)", next: "write \"layouts\": [\"sidecar\"], or [\"sidecar\", \"drafter\"]",
        exit: .badInput)
    case .readerRefuses(let manifest, let reader, let verdict, let reason):
      Diagnostic(
        "E_READER", "a reader that the manifest requires cannot use the package", file: manifest,
        expected: "\(reader) loads with head", found: "\(verdict): \(reason)",
        next: "choose a layout that this reader knows, or leave it out of readers", exit: .badInput)
    case .readerUnknown(let manifest, let reader, let known):
      Diagnostic(
        "E_READER_UNKNOWN", "no reader of this name is known", file: manifest,
        expected: known.joined(separator: ", "), found: reader, next: "name one of those listed", exit: .badInput)
    case .nonFinite(let file, let tensor, let index):
      Diagnostic(
        "E_NONFINITE", "NaN or infinity in a tensor to be quantized", file: file, tensor: tensor,
        expected: "finite numbers", found: "element \(index) is not finite",
        next: "the checkpoint is damaged: download the shard again, or keep the tensor by a rule", exit: .badInput)
    case .outputExists(let path, let found):
      Diagnostic(
        "E_OUTPUT_EXISTS", "the output exists", file: path,
        expected: "no such folder, or the result of this very manifest",
        found: found, next: "remove it, or name another with --output", exit: .badInput)
    case .outputInsideInput(let path, let input):
      Diagnostic(
        "E_OUTPUT_INSIDE_INPUT", "the output lies inside an input", file: path, expected: "a folder of its own",
        found: "inside \(input)", next: "name another output; nothing is ever written into a source", exit: .badInput)
    case .budgetTooSmall(let tensor, let needed, let budget):
      Diagnostic(
        "E_MEMORY_BUDGET", "the memory budget is too small for one row of a tensor", tensor: tensor,
        expected: "--memory of at least \(needed) bytes", found: "\(budget) bytes", next: "raise --memory", exit: .usage
      )
    case .inputChanged(let file):
      Diagnostic(
        "E_INPUT_CHANGED", "an input file changed while it was read", file: file,
        expected: "the file that was inspected",
        found: "another size, time or inode",
        next: "leave the source alone during a run, then run the same command again",
        exit: .badInput)
    case .forecastMissed(let file, let planned, let actual):
      Diagnostic(
        "E_FORECAST", "a file has another size than planned", file: file, expected: "\(planned) bytes",
        found: "\(actual) bytes", next: "this is a fault in cambium: please report it with the manifest", exit: .failure
      )
    case .stopped(let resume):
      Diagnostic("E_STOPPED", "stopped; what is done is kept", next: "continue with: \(resume)", exit: .resumable)
    case .verification(let summary, let file, let tensor, let expected, let found, let next):
      Diagnostic(
        "E_VERIFY", summary, file: file, tensor: tensor, expected: expected, found: found, next: next,
        exit: .verificationFailed)
    case .checkMissing(let manifest, let reason):
      Diagnostic(
        "E_CHECK_MISSING", "the decode check that is asked for cannot take place", file: manifest,
        expected: "a package that the runner decodes", found: reason,
        next:
          "mend what is named; or write \"check\": {\"optional\": true} in the manifest, or \"check\": false, to publish without it",
        exit: .verificationFailed)
    case .packageForm(let file, let expected, let found):
      Diagnostic(
        "E_PACKAGE_FORM", "not a package that cambium wrote, or a damaged one", file: file, expected: expected,
        found: found,
        next: "verify takes the folder that run published", exit: .badInput)
    }
  }
}
