import Checkpoint
import Files
import StrictJSON
import SystemPackage
import Tokenization

/// The files of the package whose bytes follow from the plan: sidecars, configuration, index, what says of a head in the
/// folder `mtp` how its norms are stored, and the drafter.
package struct KnownFiles: Sendable {
  /// Files whose content or source is known before the run.
  package let files: [PlannedFile]

  /// - Throws: `FileError` and `JSONError` for a sidecar of the source.
  package init(_ plan: Plan, _ resolution: Resolution) throws {
    var files = try KnownFiles.copied(resolution).map { name in
      let path = resolution.source.path.appending(name)
      return PlannedFile(path: name, bytes: try resolution.source.record(of: name).bytes, content: .copied(from: path))
    }
    let packageConfig = PackageConfig(plan, resolution)
    let config =
      switch resolution.target {
      case .package: try packageConfig.package()
      case .drafter: packageConfig.drafter()
      }
    files.append(PlannedFile(path: PackageFiles.config, bytes: config.count, content: .generated(config)))
    files += KnownFiles.made(resolution).map { name, bytes in
      PlannedFile(path: name, bytes: bytes.count, content: .generated(bytes))
    }
    let index = try KnownFiles.index(plan, resolution)
    files.append(PlannedFile(path: PackageFiles.index, bytes: index.count, content: .generated(index)))
    if plan.head?.file == WeightLayout.nestedHeadFile {
      let words = JSONWriter.pretty(KnownFiles.headManifest)
      files.append(PlannedFile(path: PackageFiles.headManifest, bytes: words.count, content: .generated(words)))
    }
    self.files = files + (resolution.drafter?.files ?? [])
  }

  /// What vllm-mlx has to read beside a head in the folder `mtp` so that it leaves the norms as they are: without it, it
  /// adds 1 to each whose mean is below a half.
  package static let headManifest: JSONValue = [
    "artifact_schema_version": 1, "rmsnorm_weight_format": "mlx_gamma",
  ]

  /// A generated file's document; nil when there is none of that name.
  package func document(_ name: String) throws -> JSONValue? {
    guard let file = files.first(where: { $0.path == name }), case .generated(let bytes) = file.content else {
      return nil
    }
    return try JSONValue.parse(bytes, file: name)
  }

  /// Files of the tokenizer and the template that are made of those of the source, because readers look for them under
  /// other names; none where the source has them, nor with a head alone, whose text nobody encodes.
  package static func made(_ resolution: Resolution) -> [(name: String, bytes: [UInt8])] {
    guard resolution.target == .package else { return [] }
    return made(folder: resolution.source.path, of: resolution.source.sidecars.copied)
  }

  /// The same for a folder, which may be a package: what they are made of is in it.
  /// - Parameters:
  ///   - folder: The folder of the source, or a package.
  ///   - names: The files that the source has, or had.
  package static func made(folder: FilePath, of names: [String]) -> [(name: String, bytes: [UInt8])] {
    [
      (PackageFiles.tokenizer, MadeTokenizer.bytes(folder: folder, files: names)),
      (PackageFiles.template, MadeTemplate.bytes(folder: folder, files: names)),
    ].compactMap { name, bytes in bytes.map { (name, $0) } }
  }

  /// Sidecars that travel along: all of them with a package, those of the tokenizer and the licence with a head alone.
  private static func copied(_ resolution: Resolution) -> [String] {
    copied(resolution.source.sidecars.copied, isHeadAlone: resolution.target == .drafter)
  }

  /// Those of the source's sidecars that travel along.
  package static func copied(_ all: [String], isHeadAlone: Bool) -> [String] {
    guard isHeadAlone else { return all }
    var tokenizer = ["tokenizer.json", "tokenizer_config.json", "vocab.json"]
    if !all.contains("tokenizer.json") { tokenizer += ["merges.txt", "added_tokens.json"] }
    return all.filter { tokenizer.contains($0) || Sidecars.isLegal($0) }
  }

  /// The index: every tensor of the shards. The head's file is only listed where the manifest asks for it, since some
  /// readers stumble over a head in the index. That of a source whose shards all stay as they are stays too.
  private static func index(_ plan: Plan, _ resolution: Resolution) throws -> [UInt8] {
    var total = 0
    var map: [(String, JSONValue)] = []
    for tensor in plan.tensors where tensor.origin == .trunk || (plan.head?.indexed ?? false) {
      for part in tensor.parts {
        total += part.bytes
        map.append((part.name, .string(plan.weights[part.file].path)))
      }
    }
    map.sort { $0.0.utf8.lexicographicallyPrecedes($1.0.utf8) }
    if let own = try ownIndex(plan, resolution, map, total: total) { return own }
    return JSONWriter.pretty(
      .object([("metadata", .object([("total_size", .int(total))])), ("weight_map", .object(map))]))
  }

  /// The index of a source that was converted before, when it says just what ours would.
  private static func ownIndex(
    _ plan: Plan, _ resolution: Resolution, _ map: [(String, JSONValue)], total: Int
  ) throws -> [UInt8]? {
    guard plan.keepsSource, resolution.source.indexedCount == map.count else { return nil }
    let path = resolution.source.path.appending(PackageFiles.index)
    let bytes = try resolution.source.input(PackageFiles.index, limit: 16 << 20)
    let own = try JSONValue.parse(bytes, file: path.string)
    guard own["metadata"]?["total_size"]?.intValue == total, map.allSatisfy({ own["weight_map"]?[$0.0] == $0.1 }) else {
      return nil
    }
    return bytes
  }
}
