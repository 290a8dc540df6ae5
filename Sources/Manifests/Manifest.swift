import Checkpoint
import Digests
import Files
import Quantization
import StrictJSON
import SystemPackage

/// What a person writes: which model, which head, which recipe, where to. Format: see the page *Manifest*.
public struct Manifest: Sendable {
  /// What becomes of the MTP head.
  public enum HeadChoice: String, Sendable, CaseIterable {
    /// The head is taken from the donor; a head that the source has must be equal.
    case graft
    /// The head is taken from the donor, whatever the source has.
    case replace
    /// The source's own head.
    case keep
    /// No head in the package.
    case none
  }

  /// Where the head is put. Readers differ in where they look, and in what they stumble over.
  public enum HeadLayout: String, Sendable, CaseIterable {
    /// `mtp.safetensors` in the package, not listed in the index: no known reader stumbles over it.
    case sidecar
    /// The same file, listed in the index; for readers that trust the index alone.
    case indexed
    /// `mtp/weights.safetensors` in the package, with `mtp/manifest.json` that says how its norms are stored: where
    /// vllm-mlx looks for a head, and no reader of trunks does.
    case mtpFolder = "mtp-folder"
    /// A separate folder beside the package, `OUTPUT-mtp`, which mlx-vlm loads as a draft model.
    case drafter
  }

  /// Absolute path of the manifest.
  public let path: FilePath
  /// The digest of the file's bytes; where it extends other manifests, of those of all of them.
  public let digest: SHA256Digest
  /// The model that is converted.
  public internal(set) var source: ModelReference
  /// The model that the head is taken from; nil for the source's own head.
  public internal(set) var donor: ModelReference?
  /// The adapter that is merged into the source, or that one beside its weights stays out; nil for neither.
  public let adapter: AdapterReference?
  /// Whether a run first fetches into the hub's cache what is named there, as `run --fetch` does.
  public let fetches: Bool
  /// A drafter with its own weights for the source, which goes into the package; nil for none.
  public internal(set) var drafter: ModelReference?
  /// Name of a shipped pipeline, or a path.
  public internal(set) var pipeline: String
  /// Where the manifest names it: `file:line:column`.
  public let pipelinePlace: String
  /// What overrides the pipeline's number format.
  public internal(set) var quantization: QuantizationChoice?
  /// Rules in front of the pipeline's.
  public internal(set) var rules: [Rule]
  /// What overrides the pipeline's thresholds.
  public internal(set) var thresholds: Thresholds
  /// What decoding is checked with; nil for what the pipeline says.
  public internal(set) var check: DecodeCheck.Choice?
  /// How large the package may become; nil for what the pipeline says.
  public internal(set) var budget: Budget?
  /// What quantizing each tensor costs; a budget is spent by it.
  public internal(set) var sensitivity: FilePath?
  /// Second moments of the layers' inputs; what rules ask to encode with feedback is encoded by it.
  public internal(set) var calibration: FilePath?
  /// What becomes of the head; nil where nothing is said.
  public internal(set) var head: HeadChoice?
  /// How the donor's norms are stored, in spite of what is recorded.
  public let headNorms: NormConvention?
  /// Consent to a head that was trained with another trunk.
  public let foreign: Bool
  /// Whether a matrix that a rule would quantize and whose rows the group size does not divide is an error. Otherwise it
  /// is kept, with a reason that says so.
  public let strict: Bool
  /// Where the head is put.
  public internal(set) var layouts: [HeadLayout]
  /// Readers that must load the package with its head.
  public internal(set) var readers: [String]
  /// The base model named on the card.
  public let baseModel: String?
  /// A file whose text goes onto the card; nil for none.
  public internal(set) var card: FilePath?
  /// Absolute path of the package.
  public internal(set) var output: FilePath

  /// Names of the fields that a manifest may have.
  public static let fields = [
    "$schema", "cambium", "extends", "source", "donor", "adapter", "drafter", "fetch", "pipeline", "quantization",
    "rules", "thresholds", "check", "budget", "sensitivity", "calibration", "head", "head_norms", "foreign", "strict",
    "layouts", "readers", "base_model", "card", "output",
  ]

  /// Reads a manifest. Paths in it are relative to its folder.
  /// - Throws: `JSONError` with line and column, ``ManifestError``, `CheckpointError/hubReference`.
  public init(path: FilePath) throws {
    guard try path.exists else { throw ManifestError.missing(path: path) }
    if try path.isFolder {
      let isPackage = try path.appending("audit.json").exists
      throw ManifestError.notManifest(
        path: path, found: isPackage ? "a package that cambium made" : "a folder",
        next: isPackage
          ? "name the manifest that it was made from; cambium verify \(path) checks it"
          : "write a manifest for the model in it: cambium init \(path)")
    }
    try self.init(ReadOnlyFile(path: path).readAll(limit: 4 << 20), path: path)
  }

  /// The text of a manifest, as if it were in a file at a path.
  /// - Throws: as ``init(path:)``, except for the file.
  public init(_ bytes: [UInt8], path: FilePath) throws {
    let own = try JSONValue.parse(bytes, file: path.string, maxValues: JSONValue.modestCount)
    let whole = try ManifestBase(own, bytes, path: path)
    let value = whole.value
    let fields = try JSONFields(value, file: path.string, what: "manifest")
    try Manifest.refuseOther(fields, path)
    try fields.refuseUnknown(Manifest.fields)
    let parser = RuleParser(file: path.string)
    try parser.requireVersion(fields, "cambium")
    try parser.refuseControls(value)
    self.path = path.absolute
    let folder = self.path.folder
    digest = whole.digest
    source =
      try parser.model(fields, "source", relativeTo: folder)
      ?? ModelReference(fields.string("source"), relativeTo: folder)
    donor = try parser.model(fields, "donor", relativeTo: folder)
    fetches = try fields.optionalBool("fetch") ?? false
    adapter = try parser.adapter(fields, relativeTo: folder)
    drafter = try fields.optionalString("drafter").map { try ModelReference($0, relativeTo: folder) }
    pipeline = try fields.string("pipeline")
    pipelinePlace = parser.place(fields.value["pipeline"] ?? fields.value)
    quantization = try fields.optionalObject("quantization").map { try parser.choice($0.value) }
    rules = try parser.rules(try fields.optionalArray("rules") ?? [], owner: "manifest") { _ in true }
    thresholds = try parser.thresholds(try fields.optionalObject("thresholds")?.value)
    check = try parser.check(fields)
    budget = try parser.budget(fields)
    sensitivity = try fields.optionalString("sensitivity").map { FilePath(untrusted: $0).absolute(from: folder) }
    calibration = try fields.optionalString("calibration").map { FilePath(untrusted: $0).absolute(from: folder) }
    head = try parser.word(fields, "head")
    headNorms = try parser.word(fields, "head_norms")
    foreign = try fields.optionalBool("foreign") ?? false
    strict = try fields.optionalBool("strict") ?? false
    layouts = try parser.words(fields, "layouts") ?? [.sidecar]
    readers = try (try fields.optionalArray("readers") ?? []).map { value in
      guard let name = value.stringValue else {
        throw ManifestError.value(
          place: parser.place(value), field: "readers", expected: "names of readers", found: "something else")
      }
      return name
    }
    baseModel = try fields.optionalString("base_model")
    card = try fields.optionalString("card").map { FilePath(untrusted: $0).absolute(from: folder) }
    output = FilePath(untrusted: try fields.string("output")).absolute(from: folder)
    let place = parser.place(fields.value["head"] ?? fields.value)
    let takesDonor = head == .graft || head == .replace
    if let head, takesDonor, donor == nil {
      throw ManifestError.value(
        place: place, field: "head", expected: "a donor beside it", found: "\(head.rawValue) without donor")
    }
    if let head, !takesDonor, donor != nil {
      throw ManifestError.value(
        place: place, field: "head", expected: "graft or replace when a donor is named", found: head.rawValue)
    }
    let inside = layouts.filter { $0 != .drafter }.map(\.rawValue)
    if inside.count > 1 {
      throw ManifestError.value(
        place: parser.place(fields.value["layouts"] ?? fields.value), field: "layouts",
        expected: "one of sidecar, indexed, mtp-folder (the package has one copy of the head), and drafter beside it",
        found: inside.joined(separator: ", "))
    }
  }

  /// Refuses our other documents, which are kept beside manifests and are caught by the same pattern of a shell.
  private static func refuseOther(_ fields: JSONFields, _ path: FilePath) throws {
    if fields["cambium_lock"] != nil {
      let name = path.name
      let own = name.hasBytes(atEnd: ".lock.json") ? String(name.dropLast(10)) + ".json" : "the one that is beside it"
      throw ManifestError.notManifest(
        path: path, found: "the lock file of a manifest", next: "name the manifest: \(own)")
    }
    let others = [
      ("cambium_pipeline", "a pipeline", "name it in a manifest, as \"pipeline\""),
      ("cambium_check", "the report of a decode check", "name the manifest of the package that it is about"),
      ("cambium_sensitivity", "a sensitivity file", "name it in a manifest, as \"sensitivity\""),
      ("cambium_audit", "the audit report of a package", "cambium audit takes the package's folder"),
    ]
    for (key, what, next) in others where fields[key] != nil {
      throw ManifestError.notManifest(path: path, found: what, next: next)
    }
  }

  /// The lock file beside the manifest: `X.json` has `X.lock.json`, and `X` without an ending, which may be beside it,
  /// has `X.lock`.
  public var lockPath: FilePath {
    let name = path.name
    return path.folder.appending(
      name.hasBytes(atEnd: ".json") ? String(name.dropLast(5)) + ".lock.json" : name + ".lock")
  }
}
