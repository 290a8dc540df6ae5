import Checkpoint
import Digests
import Foundation
import Quantization
import StrictJSON

/// What a person writes: which model, which head, which recipe, where to. Format: see the page *Manifest*.
public struct Manifest: Sendable {
  /// What becomes of the MTP head.
  public enum HeadChoice: String, Sendable, CaseIterable {
    /// Taken from the donor.
    case graft
    /// The source's own.
    case keep
    /// No head in the package.
    case none
  }

  /// Absolute path of the manifest.
  public let path: String
  /// Of the file's bytes.
  public let digest: SHA256Digest
  public let source: ModelReference
  public let donor: ModelReference?
  /// Name of a shipped pipeline, or a path.
  public let pipeline: String
  public let pipelinePlace: String
  /// What overrides the pipeline's number format.
  public let quantization: QuantizationChoice?
  /// Rules in front of the pipeline's.
  public let rules: [Rule]
  public let thresholds: Thresholds
  public let head: HeadChoice?
  /// The base model named on the card.
  public let baseModel: String?
  /// Absolute path of the package.
  public let output: String

  public static let fields = [
    "$schema", "cambium", "source", "donor", "pipeline", "quantization", "rules", "thresholds", "head",
    "base_model", "output",
  ]

  /// Reads a manifest. Paths in it are relative to its own folder.
  /// - Throws: `JSONError` with line and column, ``ManifestError``, `CheckpointError/hubReference`.
  public init(path: String) throws {
    guard FileManager.default.fileExists(atPath: path) else {
      throw ManifestError.missing(path: path, what: "manifest")
    }
    let url = URL(fileURLWithPath: path).standardizedFileURL
    let bytes = try ReadOnlyFile(path: path).readAll(limit: 4 << 20)
    let fields = try JSONFields(JSONValue.parse(bytes, file: path), file: path, what: "manifest")
    try fields.refuseUnknown(Manifest.fields)
    let parser = RuleParser(file: path)
    try parser.requireVersion(fields, "cambium")
    let folder = url.deletingLastPathComponent().path
    self.path = url.path
    digest = SHA256Digest.of(bytes)
    source = try ModelReference(try fields.string("source"), relativeTo: folder)
    donor = try fields.optionalString("donor").map { try ModelReference($0, relativeTo: folder) }
    pipeline = try fields.string("pipeline")
    pipelinePlace = parser.place(fields.value["pipeline"] ?? fields.value)
    quantization = try fields.optionalObject("quantization").map { try parser.choice($0.value) }
    rules = try parser.rules(try fields.optionalArray("rules") ?? [], owner: "manifest") { _ in true }
    thresholds = try parser.thresholds(try fields.optionalObject("thresholds")?.value)
    head = try parser.word(fields, "head")
    baseModel = try fields.optionalString("base_model")
    output =
      URL(fileURLWithPath: try fields.string("output"), relativeTo: URL(fileURLWithPath: folder, isDirectory: true))
      .standardizedFileURL.path
    let place = parser.place(fields.value["head"] ?? fields.value)
    if head == .graft, donor == nil {
      throw ManifestError.value(
        place: place, field: "head", expected: "a donor beside it", found: "graft without donor")
    }
    if let head, head != .graft, donor != nil {
      throw ManifestError.value(
        place: place, field: "head", expected: "graft when a donor is named", found: head.rawValue)
    }
  }

  /// The lock file beside the manifest: `X.json` has `X.lock.json`.
  public var lockPath: String {
    (path.hasSuffix(".json") ? String(path.dropLast(5)) : path) + ".lock.json"
  }
}
