import Diagnostics
import Quantization
import SystemPackage

/// What can be wrong with a manifest, a pipeline or a lock file.
public enum ManifestError: CambiumError {
  /// The manifest is not there.
  case missing(path: FilePath)
  /// A pipeline that is named by a path is not there.
  case pipelineMissing(path: FilePath)
  /// A manifest that another one extends is not there.
  case baseMissing(path: FilePath)
  /// The text for the card is not there.
  case cardMissing(path: FilePath)
  /// The folder of pipelines that the command line names is not there.
  case pipelinesMissing(path: FilePath)
  /// Files that come with the program are in none of the places where they are looked for.
  case shippedMissing(what: String, looked: String)
  /// What is named as the manifest is a model's folder, or another document of ours.
  case notManifest(path: FilePath, found: String, next: String)
  /// A field's value is not one of those allowed.
  case value(place: String, field: String, expected: String, found: String)
  /// MLX has no such number format.
  case format(place: String?, asked: String, expected: String)
  /// A manifest, pipeline or lock file has a format version that this program does not know.
  case version(place: String, expected: String, found: String)
  /// No pipeline of this name is shipped.
  case pipelineUnknown(place: String, name: String, known: [String], looked: String)
  /// A rule of the manifest matches no tensor.
  case ruleUnused(place: String, rule: String, nearest: String?, hint: String? = nil)
  /// No rule says what becomes of a tensor.
  case noRule(place: String, tensor: String, role: String)
  /// What was resolved differs from the lock file, and `--locked` was given.
  case lockDiffers(path: FilePath, differences: [String])
  /// The hub serves other bytes of a commit than the lock file pins.
  case lockRemote(path: FilePath, differences: [String])
  /// `--locked` was given and there is no lock file.
  case lockMissing(path: FilePath)

  public var diagnostic: Diagnostic {
    switch self {
    case .missing(let path):
      Diagnostic(
        "E_MANIFEST_MISSING", "no such manifest", file: path, next: "write one with: cambium init FOLDER",
        exit: .missingInput)
    case .pipelineMissing(let path):
      Diagnostic(
        "E_PIPELINE_MISSING", "no such pipeline", file: path, expected: "the pipeline's file", found: "nothing",
        next: "check the path; it is relative to the manifest", exit: .missingInput)
    case .baseMissing(let path):
      Diagnostic(
        "E_EXTENDS_MISSING", "a manifest that another one extends is not there", file: path,
        expected: "a manifest in the same folder", found: "nothing", next: "check the name behind extends",
        exit: .missingInput)
    case .cardMissing(let path):
      Diagnostic(
        "E_CARD_MISSING", "no such text for the card", file: path, expected: "a file", found: "nothing",
        next: "check the path; it is relative to the manifest", exit: .missingInput)
    case .pipelinesMissing(let path):
      Diagnostic(
        "E_PIPELINES_MISSING", "no such folder of pipelines", file: path, expected: "a folder with pipelines",
        found: "nothing, or a file", next: "check the path that --pipelines names", exit: .missingInput)
    case .shippedMissing(let what, let looked):
      Diagnostic(
        "E_SHIPPED_MISSING", "a \(what) that comes with cambium is not found", expected: "one in \(looked)",
        found: "none",
        next: what == "schema"
          ? "keep the program in the folder that it came in"
          : "keep the program in the folder that it came in, or name the folder of pipelines with --pipelines or CAMBIUM_PIPELINES",
        exit: .missingInput)
    case .notManifest(let path, let found, let next):
      Diagnostic(
        "E_MANIFEST_OTHER", "that is no manifest", file: path, expected: "a manifest, as cambium init writes one",
        found: found, next: next, exit: .badInput)
    case .value(let place, let field, let expected, let found):
      Diagnostic(
        "E_MANIFEST_VALUE", "wrong value of \(field)", file: place, expected: expected, found: found,
        next: "correct the field; the schema beside the manifests lists what is allowed", exit: .badInput)
    case .format(let place, let asked, let expected):
      QuantizationError.format(asked: asked, expected: expected).diagnostic.at(place)
    case .version(let place, let expected, let found):
      Diagnostic(
        "E_MANIFEST_VERSION", "a format version that this program does not know", file: place, expected: expected,
        found: found, next: "use a newer cambium, or write the older version", exit: .badInput)
    case .pipelineUnknown(let place, let name, let known, let looked):
      Diagnostic(
        "E_PIPELINE_UNKNOWN", "no pipeline named \(name)", file: place,
        expected: known.isEmpty ? "a pipeline in \(looked)" : known.joined(separator: ", "), found: name,
        next: (nearestName(to: name, among: known).map { "did you mean \($0)? Else " } ?? "")
          + "name a shipped pipeline (cambium pipelines lists them) or a file that ends in .json; --pipelines FOLDER or CAMBIUM_PIPELINES names another folder",
        exit: .badInput)
    case .ruleUnused(let place, let rule, let nearest, let hint):
      Diagnostic(
        "E_RULE_UNUSED", "a rule matches no tensor", file: place, expected: "at least one tensor", found: rule,
        next: (hint.map { $0 + "; " } ?? "")
          + (nearest.map { "the nearest tensor is \($0); cambium plan lists all" } ?? "cambium plan lists all tensors"),
        exit: .badInput)
    case .noRule(let place, let tensor, let role):
      Diagnostic(
        "E_NO_RULE", "no rule says what becomes of a tensor", file: place, tensor: tensor, expected: "a rule for it",
        found: "role \(role)", next: "end the pipeline's rules with {\"match\": \"**\", \"treatment\": …}",
        exit: .badInput)
    case .lockDiffers(let path, let differences):
      Diagnostic(
        "E_LOCK_DIFFERS", "what was resolved differs from the lock file", file: path,
        expected: "what the lock file pins",
        found: differences.joined(separator: "; "), next: "run without --locked to accept the change", exit: .badInput)
    case .lockRemote(let path, let differences):
      Diagnostic(
        "E_LOCK_REMOTE", "the hub serves other bytes than the lock file pins of the same commit", file: path,
        expected: "what the lock file pins", found: differences.joined(separator: "; "),
        next: "a commit never changes: find out what answers in the hub's place, and remove the work folder's remote/",
        exit: .badInput)
    case .lockMissing(let path):
      Diagnostic(
        "E_LOCK_MISSING", "--locked was given and there is no lock file", file: path,
        next: "run once without --locked: the first run writes it", exit: .missingInput)
    }
  }
}
