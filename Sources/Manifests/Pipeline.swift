import Digests
import Files
import Quantization
import StrictJSON
import SystemPackage

/// A recipe: a number format, and rules that say which tensors it is for. Format: see the page *Pipeline*.
public struct Pipeline: Sendable {
  /// The name by which a manifest calls it.
  public let name: String
  /// What it is for, in a sentence.
  public let summary: String
  /// The number format of what its rules quantize.
  public let format: QuantizationFormat
  /// The rules in their order; the first that matches decides.
  public let rules: [Rule]
  /// What verification demands.
  public let thresholds: Thresholds
  /// What decoding is checked with; nil for no check.
  public let check: DecodeCheck.Choice?
  /// How large a package may become; nil where the rules alone decide.
  public let budget: Budget?
  /// Absolute path of its file.
  public let path: FilePath
  /// The digest of the file's bytes.
  public let digest: SHA256Digest

  static let fields = [
    "$schema", "cambium_pipeline", "name", "summary", "quantization", "rules", "thresholds", "check",
    "budget",
  ]

  /// Reads a pipeline.
  /// - Throws: `JSONError`, ``ManifestError`` or `QuantizationError`.
  public init(path: FilePath) throws {
    let bytes = try ReadOnlyFile(path: path).readAll(limit: 4 << 20)
    let value = try JSONValue.parse(bytes, file: path.string, maxValues: JSONValue.modestCount)
    let fields = try JSONFields(value, file: path.string, what: "pipeline")
    try fields.refuseUnknown(Pipeline.fields)
    let parser = RuleParser(file: path.string)
    try parser.requireVersion(fields, "cambium_pipeline")
    let name = try fields.string("name")
    self.name = name
    summary = try fields.optionalString("summary") ?? ""
    let quantization = try fields.object("quantization")
    let choice = try parser.choice(quantization.value)
    _ = try quantization.string("mode")
    format = try choice.over(nil)
    rules = try parser.rules(try fields.array("rules"), owner: "pipeline \(name)") { _ in false }
    thresholds = try parser.thresholds(try fields.optionalObject("thresholds")?.value)
    check = try parser.check(fields)
    budget = try parser.budget(fields)
    self.path = path
    digest = SHA256Digest.of(bytes)
  }

  /// Finds a pipeline by name among the shipped ones, or by a path that ends in `.json`.
  /// - Throws: ``ManifestError/pipelineUnknown(place:name:known:looked:)``; ``ManifestError/pipelineMissing(path:)`` for a
  ///   path that leads nowhere.
  public static func locate(_ reference: String, manifest: FilePath, folders: [FilePath], place: String) throws
    -> FilePath
  {
    if reference.hasSuffix(".json") {
      let path = FilePath(untrusted: reference).absolute(from: manifest.folder)
      guard try path.exists else { throw ManifestError.pipelineMissing(path: path) }
      return path
    }
    for folder in folders where !reference.contains("/") {
      let path = folder.appending(reference + ".json")
      if try path.exists { return path }
    }
    throw ManifestError.pipelineUnknown(
      place: place, name: reference, known: try list(folders).map(\.name),
      looked: folders.map(\.string).joined(separator: ", "))
  }

  /// Every pipeline that has a name, by name, with the file that the name means: that of the first folder which has
  /// it. No file is read.
  /// - Throws: `StorageError` for a folder that is there and cannot be listed.
  public static func list(_ folders: [FilePath]) throws -> [(name: String, path: FilePath)] {
    var found: [String: FilePath] = [:]
    for folder in folders where try Folder.isFolder(folder) {
      for entry in try Folder.entries(folder) where entry.hasSuffix(".json") && !entry.hasSuffix(".schema.json") {
        let name = String(entry.dropLast(5))
        if found[name] == nil { found[name] = folder.appending(entry) }
      }
    }
    return found.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }.map { ($0.key, $0.value) }
  }
}
