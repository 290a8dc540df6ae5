import Digests
import Files
import Foundation
import Quantization
import StrictJSON

/// A recipe: a number format, and rules that say which tensors it is for. Format: see the page *Pipeline*.
public struct Pipeline: Sendable {
  public let name: String
  public let summary: String
  public let format: QuantizationFormat
  public let rules: [Rule]
  public let thresholds: Thresholds
  /// What decoding is checked with; nil for no check.
  public let check: DecodeCheck.Choice?
  public let path: String
  /// Of the file's bytes.
  public let digest: SHA256Digest

  static let fields = [
    "$schema", "cambium_pipeline", "name", "summary", "quantization", "rules", "thresholds", "check",
  ]

  /// Reads a pipeline.
  /// - Throws: `JSONError`, ``ManifestError`` or `QuantizationError`.
  public init(path: String) throws {
    let bytes = try ReadOnlyFile(path: path).readAll(limit: 4 << 20)
    let value = try JSONValue.parse(bytes, file: path, maxValues: JSONValue.modestCount)
    let fields = try JSONFields(value, file: path, what: "pipeline")
    try fields.refuseUnknown(Pipeline.fields)
    let parser = RuleParser(file: path)
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
    self.path = path
    digest = SHA256Digest.of(bytes)
  }

  /// Finds a pipeline by name among the shipped ones, or by a path that ends in `.json`.
  /// - Throws: ``ManifestError/pipelineUnknown(place:name:known:looked:)``.
  public static func locate(_ reference: String, manifest: String, folders: [String], place: String) throws -> String {
    if reference.hasSuffix(".json") {
      let base = URL(fileURLWithPath: manifest).deletingLastPathComponent()
      let path = URL(fileURLWithPath: reference, relativeTo: base).standardizedFileURL.path
      guard FileManager.default.fileExists(atPath: path) else {
        throw ManifestError.missing(path: path, what: "pipeline")
      }
      return path
    }
    for folder in folders {
      let path = folder + "/" + reference + ".json"
      if !reference.contains("/"), FileManager.default.fileExists(atPath: path) { return path }
    }
    let known = folders.flatMap { folder in
      ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [])
        .filter { $0.hasSuffix(".json") && !$0.hasSuffix(".schema.json") }.map { String($0.dropLast(5)) }
    }
    throw ManifestError.pipelineUnknown(
      place: place, name: reference, known: Set(known).sorted(), looked: folders.joined(separator: ", "))
  }
}
