import Diagnostics
import SystemPackage

/// What can go wrong between a plan and a package.
public enum ConversionError: CambiumError {
  /// A rule asks to quantize a tensor whose structure forbids it.
  case ruleStructure(place: String, rule: String, tensor: String, reason: String)
  /// A rule drops a tensor without which no reader loads the model.
  case ruleDrops(place: String, rule: String, tensor: String, role: String)
  /// The head cannot be put there: a reader of the architecture would break, or there is no head.
  case headLayout(manifest: FilePath, layout: String, reason: String)
  /// A reader that the manifest requires cannot load the package with its head.
  case readerRefuses(manifest: FilePath, reader: String, verdict: String, reason: String)
  /// No reader of this name is known.
  case readerUnknown(manifest: FilePath, reader: String, known: [String])
  /// NaN or infinity in a tensor, whether it is kept or quantized; in the scales of a packed one too.
  case nonFinite(file: String, tensor: String, index: Int)
  /// A number of the source, or a scale made of its numbers, is infinite in the type that it is written as: too large,
  /// or with the reference `cpu` of a group so small that its exponent wraps.
  case overflow(tensor: String, type: String, index: Int)
  /// The configuration of the package would contradict its tensors, as of a converted source with wrong bits.
  case contradiction(file: String, problems: [String])
  /// A measure of the error of what was written is no number.
  case measure(tensor: String, measure: String)
  /// The output exists, and holds what this manifest did not publish or what was changed since.
  case outputExists(path: FilePath, found: String)
  /// The folder of the package, or a file in it, was moved or removed while the run published it.
  case outputGone(path: FilePath)
  /// The work folder holds files that are not a run's.
  case workForeign(path: FilePath, found: String)
  /// The work folder that is to be removed is a link to one.
  case workLink(path: FilePath, target: FilePath)
  /// The work folder is inside the output, or the output inside the work folder.
  case workPlace(work: FilePath, output: FilePath)
  /// The output is inside the source or the donor.
  case outputInsideInput(path: FilePath, input: FilePath)
  /// The memory budget is too small for a row of a tensor, or for the plan.
  case budgetTooSmall(tensor: String, needed: Int, budget: Int)
  /// An input file changed while it was read, or during the run.
  case inputChanged(file: String)
  /// A file of the hub's cache is not the one that its blob is named for.
  case blobDigest(path: FilePath, expected: String, found: String)
  /// A file has another size than the plan predicted.
  case forecastMissed(file: String, planned: Int, actual: Int)
  /// A signal stopped the run; what is done is kept, and the same command goes on.
  case stopped(resume: String)
  /// A file of the work folder that an earlier stage wrote is damaged.
  case workFile(file: String, expected: String, found: String)
  /// The decode check that the manifest or the pipeline asks for cannot take place.
  case checkMissing(manifest: FilePath, reason: String)
  /// The folder is not a package that cambium wrote, or one of its lists is damaged.
  case packageForm(file: String, expected: String, found: String)
  /// The work folder of a run that is not at its end would be removed.
  case workUnfinished(path: FilePath)
  /// A package's `audit.json` is damaged, or of a version that this program does not know.
  case auditForm(file: String, expected: String, found: String)

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
        "E_NONFINITE", "NaN or infinity in a tensor", file: file, tensor: tensor,
        expected: "finite numbers", found: "element \(index) is not finite",
        next:
          "the checkpoint is damaged: download the shard again; a model that holds such a number answers nothing else",
        exit: .badInput)
    case .overflow(let tensor, let type, let index):
      Diagnostic(
        "E_CAST_OVERFLOW", "a number is outside what it is to be written as", tensor: tensor,
        expected: "numbers that \(type) holds", found: "element \(index) of what is written becomes infinite",
        next: "keep the tensor by a rule, quantize it in another format, or cast it to a type with a larger exponent",
        exit: .badInput)
    case .contradiction(let file, let problems):
      Diagnostic(
        "E_PACKAGE_CONFIG", "the package's config.json would contradict its tensors", file: file,
        expected: "what verify accepts",
        found: problems.prefix(4).joined(separator: "; ")
          + (problems.count > 4 ? " and \(problems.count - 4) more" : ""),
        next: "correct the quantization block in the source's config.json: loaders would misread the weights",
        exit: .badInput)
    case .measure(let tensor, let measure):
      Diagnostic(
        "E_MEASURE", "a measure of what was written is no number", tensor: tensor, expected: "a number for \(measure)",
        found: "not a number",
        next: "the tensor's values are too large to be squared: look at them with the source, or keep it by a rule",
        exit: .verificationFailed)
    case .outputExists(let path, let found):
      Diagnostic(
        "E_OUTPUT_EXISTS", "the output exists", file: path,
        expected: "no such folder, or the result of this manifest as it was published", found: found,
        next: "move away what is yours, name another folder with --output, or say --replace when this package may go",
        exit: .badInput)
    case .outputGone(let path):
      Diagnostic(
        "E_OUTPUT_GONE", "the output was moved or removed while it was published", file: path,
        expected: "the folder where it was", found: "nothing, or a folder that lacks a file",
        next: "make sure that nothing moves the folder, then run the same command again", exit: .io)
    case .workForeign(let path, let found):
      Diagnostic(
        "E_WORK_FOREIGN", "the work folder holds files that are not a run's", file: path,
        expected: "no such folder, an empty one, or the work folder of an earlier run", found: found,
        next: "name another folder with --work", exit: .badInput)
    case .workLink(let path, let target):
      Diagnostic(
        "E_WORK_LINK", "the work folder is a link, and nothing is removed behind one", file: path,
        expected: "the folder itself", found: "a link to \(target)",
        next: "cambium clean MANIFEST --work \(target.string.shellQuoted) removes what runs put there; the link stays",
        exit: .badInput)
    case .workPlace(let work, let output):
      Diagnostic(
        "E_WORK_PLACE", "the work folder and the output are one inside the other", file: work,
        expected: "two folders apart from each other", found: "an output at \(output)",
        next: "name another folder with --work, or leave it out: it is then OUTPUT.work", exit: .badInput)
    case .outputInsideInput(let path, let input):
      Diagnostic(
        "E_OUTPUT_INSIDE_INPUT", "the output lies inside an input", file: path, expected: "a folder of its own",
        found: "inside \(input)", next: "name another output; nothing is ever written into a source", exit: .badInput)
    case .budgetTooSmall(let tensor, let needed, let budget):
      Diagnostic(
        "E_MEMORY_BUDGET", "the memory budget is too small for the tensors and their plan", tensor: tensor,
        expected: "--memory of at least \(needed) bytes", found: "\(budget) bytes", next: "raise --memory", exit: .usage
      )
    case .blobDigest(let path, let expected, let found):
      Diagnostic(
        "E_BLOB_DIGEST", "the file in the hub's cache is not the one that it is named for", file: path,
        expected: "sha256 \(expected)", found: "sha256 \(found)",
        next: "fetch the model again with cambium fetch, which puts the right one in its place", exit: .badInput)
    case .inputChanged(let file):
      Diagnostic(
        "E_INPUT_CHANGED", "an input file changed while it was read", file: file,
        expected: "the file that was inspected",
        found: "another size, time or inode",
        next: "leave the source alone during a run, then run the same command again",
        exit: .badInput)
    case .forecastMissed(let file, let planned, let actual):
      .fault(
        "E_FORECAST", "a file has another size than planned", file: file, expected: "\(planned) bytes",
        found: "\(actual) bytes")
    case .stopped(let resume):
      Diagnostic("E_STOPPED", "stopped; what is done is kept", next: "continue with: \(resume)", exit: .resumable)
    case .workFile(let file, let expected, let found):
      Diagnostic(
        "E_WORK_FILE", "a file of the work folder is damaged", file: file, expected: expected, found: found,
        next: "run the same command again: what is damaged is made again; check the storage",
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
        next:
          "name the folder that cambium run published; cambium unpack makes it of an archive, and cambium inspect says what a checkpoint is",
        exit: .badInput)
    case .workUnfinished(let path):
      Diagnostic(
        "E_WORK_UNFINISHED", "the work folder belongs to a run that is not at its end", file: path,
        expected: "a run that has published its package", found: "none",
        next: "finish it with cambium run, or say --unfinished when its work may go", exit: .badInput)
    case .auditForm(let file, let expected, let found):
      Diagnostic(
        "E_AUDIT_FORM", "the audit report cannot be used", file: file, expected: expected, found: found,
        next: "get the package from its maker again; a newer version of the report needs a newer cambium",
        exit: .badInput)
    }
  }
}
