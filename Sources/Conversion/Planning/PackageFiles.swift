import Checkpoint
import Digests
import Files
import Foundation
import Manifests
import Quantization
import StrictJSON

/// The files of the package besides the weights.
struct PackageFiles {
  let resolution: Resolution
  let contents: PlanContents
  let digest: SHA256Digest
  let format: QuantizationFormat?

  static let audit = "audit.json"
  static let card = "README.md"
  static let sums = "SHA256SUMS"
  static let provenance = "provenance.json"
  /// Made by `cambium sign` when the package is there; in no list of its files.
  static let signature = "model.sig"
  static let index = "model.safetensors.index.json"

  init(_ resolution: Resolution, _ contents: PlanContents, digest: SHA256Digest, format: QuantizationFormat?) {
    self.resolution = resolution
    self.contents = contents
    self.digest = digest
    self.format = format
  }

  func all(recordsBuilder: Bool = false) throws -> [PlannedFile] {
    var files = try copied.map { name in
      let path = resolution.source.path + "/" + name
      return PlannedFile(path: name, bytes: try ReadOnlyFile(path: path).size, content: .copied(from: path))
    }
    let packageConfig = PackageConfig(resolution, contents, format: format)
    let config =
      switch resolution.target {
      case .package: try packageConfig.package()
      case .drafter: packageConfig.drafter()
      }
    files.append(PlannedFile(path: "config.json", bytes: config.count, content: .generated(config)))
    let index = try index()
    files.append(PlannedFile(path: PackageFiles.index, bytes: index.count, content: .generated(index)))
    let readers = ReaderMatrix(
      try PackageView(contents, files, resolution), required: resolution.requiredReaders)
    try resolution.requireReaders(readers)
    let blank = contents.tensors.map(AuditReport.Measurement.placeholder)
    let context = AuditReport.Context(
      manifestDigest: digest, pipeline: resolution.pipeline.name, pipelineDigest: digest, planDigest: digest,
      inputs: InputFile.all(resolution).map {
        LockFile.File(path: $0.name, bytes: $0.bytes, sha256: digest.hex, isTree: $0.shard != nil)
      }, readers: readers)
    let audit = AuditReport.json(contents, context, blank)
    let page = try AuditPage(
      title: PackageFiles.title(resolution), audit: AuditDocument(audit, file: PackageFiles.audit), readers: readers,
      decoding: .planned(CheckPlan(resolution, contents), nil))
    let measured = [
      (PackageFiles.audit, JSONWriter.pretty(audit, sorted: false).count), (AuditPage.fileName, page.render().count),
      (PackageFiles.card, try ModelCard(resolution, contents).render(blank, nil).count),
    ]
    files += measured.map { PlannedFile(path: $0.0, bytes: $0.1, content: .measured) }
    let provenance = Provenance(
      resolution: resolution, planDigest: digest, inputs: context.inputs, builder: recordsBuilder ? digest : nil)
    let subjects = (contents.weightFiles + files.map(\.path)).map { (name: $0, sha256: digest) }
    files.append(
      PlannedFile(
        path: PackageFiles.provenance, bytes: provenance.render(subjects).count, content: .measured))
    let names = contents.weightFiles + files.map(\.path)
    let sums = names.reduce(0) { $0 + 64 + 2 + $1.utf8.count + 1 }
    files.append(PlannedFile(path: PackageFiles.sums, bytes: sums, content: .measured))
    return files
  }

  /// What the package is called: the last part of the manifest's output.
  static func title(_ resolution: Resolution) -> String {
    let name = resolution.manifest.output.split(separator: "/").last.map(String.init) ?? "package"
    return name + resolution.target.suffix
  }

  /// Sidecars that travel along: all of them with a package, those of the tokenizer and the licence with a head alone.
  private var copied: [String] {
    let all = resolution.source.sidecars.copied
    guard resolution.target == .drafter else { return all }
    let tokenizer = ["tokenizer.json", "tokenizer_config.json", "vocab.json"]
    return all.filter { tokenizer.contains($0) || Sidecars.isLegal($0) }
  }

  /// The index: every tensor of the shards. The head's file is only listed where the manifest asks for it, since some
  /// readers stumble over a head in the index. That of a source whose shards all stay as they are stays too.
  private func index() throws -> [UInt8] {
    var total = 0
    var map: [(String, JSONValue)] = []
    for tensor in contents.tensors where tensor.origin == .trunk || (contents.head?.indexed ?? false) {
      for part in tensor.parts {
        total += part.bytes
        map.append((part.name, .string(contents.weightFiles[part.file])))
      }
    }
    map.sort { $0.0.utf8.lexicographicallyPrecedes($1.0.utf8) }
    if let own = try ownIndex(map, total: total) { return own }
    return JSONWriter.pretty(
      .object([("metadata", .object([("total_size", .int(total))])), ("weight_map", .object(map))]))
  }

  /// The index of a source that was converted before, when it says just what ours would.
  private func ownIndex(_ map: [(String, JSONValue)], total: Int) throws -> [UInt8]? {
    guard resolution.trunk.conversion != nil, resolution.source.indexed?.count == map.count else { return nil }
    let path = resolution.source.path + "/" + PackageFiles.index
    let bytes = try ReadOnlyFile(path: path).readAll(limit: 16 << 20)
    let own = try JSONValue.parse(bytes, file: path)
    guard own["metadata"]?["total_size"]?.intValue == total, map.allSatisfy({ own["weight_map"]?[$0.0] == $0.1 }) else {
      return nil
    }
    return bytes
  }
}
