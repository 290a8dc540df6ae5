import Checkpoint
import Diagnostics
import Files
import Foundation
import Safetensors
import StrictJSON
import SystemPackage

/// A model of an architecture that is known and not converted: what its headers say, its head's tensors, and what a
/// conversion would need.
public struct UnconvertedModel {
  /// The `model_type` of its configuration.
  public let modelType: String
  /// Why it is not converted, as a conversion is told.
  public let problem: String
  private let shards: [(name: String, file: SafetensorsFile)]
  private let declared: Int?

  /// What Cambium has not, and the names that say so.
  private static let missing: [String: [(what: String, signs: [String])]] = [
    "qwen4_exp": [
      ("hyper-connections", [".input_mix_weight", ".block_inject_weight"]), ("indexed attention", [".index_qk_proj"]),
      ("n-gram tables", [".ngram_"]),
    ]
  ]

  /// - Parameters:
  ///   - reference: The folder, or a snapshot in the hub cache.
  ///   - error: What opening the folder as a checkpoint said.
  /// - Returns: nil unless it said that the architecture is not known, and it is known here.
  /// - Throws: what reading the headers throws.
  public init?(_ reference: ModelReference, refusedBy error: any Error) throws {
    try self.init(at: { try reference.resolve() }, elsewhere: nil, refusedBy: error)
  }

  /// The same as ``init(_:refusedBy:)``, for a model whose weights are elsewhere.
  package init?(_ model: any ModelElsewhere, refusedBy error: any Error) throws {
    try self.init(at: { model.folder }, elsewhere: model, refusedBy: error)
  }

  private init?(
    at place: () throws -> FilePath, elsewhere: (any ModelElsewhere)?, refusedBy error: any Error
  ) throws {
    guard case .architectureUnknown(let config, let type, _)? = error as? CheckpointError,
      UnconvertedModel.missing[type] != nil
    else { return nil }
    let path = try place()
    modelType = type
    problem = Diagnostic.words(error)
    shards = try FolderListing(path, elsewhere: elsewhere?.names ?? []).files.filter { $0.hasSuffix(".safetensors") }
      .map { ($0, try elsewhere?.shard($0) ?? SafetensorsFile(path: path.appending($0))) }
    let value = try JSONValue.parse(ReadOnlyFile(path: FilePath(config)).readAll(limit: 16 << 20), file: config)
    let text = value["text_config"] ?? value
    declared = text["mtp_num_hidden_layers"]?.intValue ?? value["mtp_num_hidden_layers"]?.intValue
  }

  private var entries: [(shard: String, entry: TensorEntry)] {
    shards.flatMap { shard in shard.file.header.tensors.map { (shard.name, $0) } }
  }

  private var head: [(shard: String, entry: TensorEntry)] {
    entries.filter { $0.entry.name.hasPrefix("mtp.") || $0.entry.name.contains(".mtp.") }
      .sorted { $0.entry.name.utf8.lexicographicallyPrecedes($1.entry.name.utf8) }
  }

  /// What is missing, with how many tensors speak of it.
  private var needs: [(what: String, tensors: Int)] {
    (UnconvertedModel.missing[modelType] ?? []).map { need in
      (need.what, entries.count { entry in need.signs.contains { entry.entry.name.contains($0) } })
    }
  }

  /// The document of `inspect --json`.
  public var json: JSONValue {
    .object([
      ("architecture", .string(modelType)), ("tensors", .int(entries.count)), ("shards", .int(shards.count)),
      (
        "missing",
        .array(needs.map { .object([("what", .string($0.what)), ("tensors", .int($0.tensors))]) })
      ),
      (
        "head",
        .object([
          ("declared_layers", declared.map { .int($0) } ?? .null),
          (
            "tensors",
            .array(
              head.map { shard, entry in
                .object([
                  ("name", .string(entry.name)), ("dtype", .string(entry.dtype.rawValue)),
                  ("shape", .array(entry.shape.map { .int($0) })), ("file", .string(shard)),
                ])
              })
          ),
        ])
      ), ("problems", [.string(problem)]),
    ])
  }

  /// The lines of `inspect`.
  public var text: String {
    let files = shards.count == 1 ? "1 file" : "\(shards.count) files"
    var lines = [
      "architecture  \(modelType), not converted", "tensors       \(entries.count) in \(files)",
      "MTP head      \(head.count) tensors; config.json declares \(declared.map(String.init) ?? "no") MTP layers", "",
    ]
    lines += TextTable(["missing here", "tensors"], needs.map { [$0.what, "\($0.tensors)"] }).lines
    lines.append("")
    lines +=
      TextTable(
        ["head", "dtype", "shape"],
        head.map { [$0.entry.name, $0.entry.dtype.rawValue, "\($0.entry.shape)"] }
      ).lines
    lines.append("problem: \(problem)")
    return lines.joined(separator: "\n")
  }
}
