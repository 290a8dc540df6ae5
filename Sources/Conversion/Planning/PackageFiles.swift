import Checkpoint
import Digests
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

  init(_ resolution: Resolution, _ contents: PlanContents, digest: SHA256Digest, format: QuantizationFormat?) {
    self.resolution = resolution
    self.contents = contents
    self.digest = digest
    self.format = format
  }

  func all() throws -> [PlannedFile] {
    var files = try resolution.source.sidecars.copied.map { name in
      let path = resolution.source.path + "/" + name
      return PlannedFile(path: name, bytes: try ReadOnlyFile(path: path).size, content: .copied(from: path))
    }
    for (name, bytes) in [("config.json", try config()), ("model.safetensors.index.json", index())] {
      files.append(PlannedFile(path: name, bytes: bytes.count, content: .generated(bytes)))
    }
    let blank = contents.tensors.map {
      AuditReport.Measurement.placeholder(parts: $0.parts.count, quantized: $0.format != nil)
    }
    let context = AuditReport.Context(
      manifestDigest: digest, pipeline: resolution.pipeline.name, pipelineDigest: digest, planDigest: digest,
      inputs: InputFile.all(resolution).map {
        LockFile.File(path: $0.name, bytes: $0.bytes, sha256: digest.hex, isTree: $0.shard != nil)
      })
    let measured = [
      (PackageFiles.audit, AuditReport.render(contents, context, blank).count),
      (PackageFiles.card, try ModelCard(resolution, contents).render(blank).count),
    ]
    files += measured.map { PlannedFile(path: $0.0, bytes: $0.1, content: .measured) }
    let names = contents.weightFiles + files.map(\.path)
    let sums = names.reduce(0) { $0 + 64 + 2 + $1.utf8.count + 1 }
    files.append(PlannedFile(path: PackageFiles.sums, bytes: sums, content: .measured))
    return files
  }

  /// The index: every tensor of the shards; the head's file is not listed, so that no reader stumbles over it.
  private func index() -> [UInt8] {
    var total = 0
    var map: [(String, JSONValue)] = []
    for tensor in contents.tensors where tensor.origin == .trunk {
      for part in tensor.parts {
        total += part.bytes
        map.append((part.name, .string(contents.weightFiles[part.file])))
      }
    }
    map.sort { $0.0.utf8.lexicographicallyPrecedes($1.0.utf8) }
    return JSONWriter.pretty(
      .object([("metadata", .object([("total_size", .int(total))])), ("weight_map", .object(map))]))
  }

  /// The source's configuration, in its own order and spelling, with what the package changes.
  private func config() throws -> [UInt8] {
    let source = resolution.source
    var config = source.config
    let layers = contents.head == nil ? 0 : 1
    let declared = source.model.declaredMTPLayers != nil || layers > 0
    if source.table.wrapped, var text = config["text_config"] {
      if declared { text.set("mtp_num_hidden_layers", to: .int(layers)) }
      if let experts = contents.head?.ownExperts { text.set("mtp_num_experts", to: .int(experts)) }
      config.set("text_config", to: text)
      if config["mtp_num_hidden_layers"] != nil { config.set("mtp_num_hidden_layers", to: .int(layers)) }
    } else {
      if declared { config.set("mtp_num_hidden_layers", to: .int(layers)) }
      if let experts = contents.head?.ownExperts { config.set("mtp_num_experts", to: .int(experts)) }
    }
    if source.sidecars.copied.contains("generation_config.json") {
      let path = source.path + "/generation_config.json"
      let generation = try JSONValue.parse(ReadOnlyFile(path: path).readAll(limit: 4 << 20), file: path)
      // Both readers stop at the ids of config.json; the generation file lists all of them.
      if let stops = generation["eos_token_id"] { config.set("eos_token_id", to: stops) }
    }
    let blocks = QuantizationBlocks(contents, format: format)
    if let trunk = blocks.trunk {
      config.set("quantization", to: trunk)
      config.set("quantization_config", to: trunk)
    }
    if let head = blocks.head { config.set(QuantizationBlocks.headKey, to: head) }
    return JSONWriter.pretty(config)
  }
}
