import Foundation
import SystemPackage
import Safetensors
import StrictJSON

/// The shapes in which heads are found in the wild. Each is made of the same checkpoint, so each must give the same head.
enum DonorShape: String, CaseIterable {
  case lastShard = "in the last shard"
  case severalShards = "in several shards"
  case amidTheTrunk = "in one shard with the trunk"
  case ownFileListed = "own file, listed in the index"
  case ownFileUnlisted = "own file, not in the index"
  case withoutIndex = "no index at all"
  case nested = "nested folder, names with mtp."
  case nestedBare = "nested folder, names without mtp., recorded in its manifest"
  case modelPrefix = "under model.mtp."
  case languageModelPrefix = "under language_model.mtp."
  case wrappedPrefix = "under model.language_model.mtp."
  case fusedExperts = "experts fused"
  case stackedExperts = "experts stacked, norms as offsets"
  case converted = "marked format mlx"
  case recordedGamma = "recorded as gamma, marked format pt"
  case insideConversion = "inside a converted model"
  case unmarkedInConversion = "unmarked file beside a converted model"
  case drafter = "drafter folder"

  /// The donor. `mlx` is the converted trunk that the shapes inside of a conversion need, by file.
  func donor(_ whole: TinyCheckpoint, mlx: [HeadDonor.File]) -> HeadDonor {
    let head = whole.head
    let converted = TinyCheckpoint.converted(head)
    var donor = HeadDonor(files: [.init(path: "model-00002-of-00002.safetensors", tensors: head)], config: whole.config)
    switch self {
    case .lastShard:
      donor.files.insert(.init(path: "model-00001-of-00002.safetensors", tensors: whole.trunk), at: 0)
    case .severalShards:
      let names = head.keys.sorted()
      donor.files = (0..<3).map { part in
        .init(
          path: "model-0000\(part + 1)-of-00003.safetensors",
          tensors: head.filter { names.firstIndex(of: $0.key).map { $0 % 3 == part } ?? false })
      }
    case .amidTheTrunk: donor.files = [.init(path: "model.safetensors", tensors: whole.tensors)]
    case .ownFileListed, .ownFileUnlisted:
      donor.files = [
        .init(path: "model.safetensors", tensors: whole.trunk),
        .init(path: "mtp.safetensors", tensors: head, isListed: self == .ownFileListed),
      ]
    case .withoutIndex: donor.hasIndex = false
    case .nested:
      donor.files = [
        .init(path: "model.safetensors", tensors: whole.trunk),
        .init(path: "mtp/model.safetensors", tensors: head, isListed: false),
      ]
    case .nestedBare:
      donor.files =
        mlx + [
          .init(
            path: "mtp/weights.safetensors", tensors: converted.renamed { String($0.dropFirst("mtp.".count)) },
            metadata: [:], isListed: false)
        ]
      donor.others["mtp/manifest.json"] = ["artifact_schema_version": 1, "rmsnorm_weight_format": "mlx_gamma"]
    case .modelPrefix: donor.files[0].tensors = head.renamed { "model." + $0 }
    case .languageModelPrefix: donor.files[0].tensors = head.renamed { "language_model." + $0 }
    case .wrappedPrefix: donor.files[0].tensors = head.renamed { "model.language_model." + $0 }
    case .fusedExperts: donor.files[0].tensors = TinyCheckpoint.fused(head)
    case .stackedExperts: donor.files[0].tensors = TinyCheckpoint.stacked(head)
    case .converted: donor.files = [.init(path: "mtp.safetensors", tensors: converted, metadata: ["format": "mlx"])]
    case .recordedGamma:
      donor.files = [
        .init(path: "mtp.safetensors", tensors: converted, metadata: ["format": "pt", "norm_convention": "gamma"])
      ]
    case .insideConversion:
      donor.files = mlx
      donor.files[0].tensors.merge(converted) { first, _ in first }
    case .unmarkedInConversion:
      donor.files = mlx + [.init(path: "mtp.safetensors", tensors: converted, metadata: [:], isListed: false)]
    case .drafter:
      donor.files = [
        .init(
          path: "model.safetensors", tensors: converted.renamed { String($0.dropFirst("mtp.".count)) },
          metadata: ["format": "mlx"])
      ]
      donor.hasIndex = false
      donor.config = .object([
        ("block_size", 3), ("model_type", "qwen3_5_mtp"), ("text_config", whole.config["text_config"] ?? whole.config),
      ])
    }
    return donor
  }
}

extension [String: TinyCheckpoint.Tensor] {
  func renamed(_ name: (String) -> String) -> Self {
    Dictionary(map { (name($0.key), $0.value) }) { first, _ in first }
  }
}

/// The kinds of trunks that a head is grafted on.
enum TrunkKind: String, CaseIterable {
  case raw = "Hugging Face"
  case bf16 = "converted, not quantized"
  case affine4 = "converted, affine 4 bits"
  case mxfp4 = "converted, mxfp4"
  case withoutVision = "converted, without vision tower"
  case otherNames = "converted, under the other names"

  /// The pipeline that converts it; nil for a raw one.
  var pipeline: String? {
    switch self {
    case .raw: nil
    case .bf16: "graft-only"
    case .affine4, .withoutVision, .otherNames: "affine4"
    case .mxfp4: "mxfp4"
    }
  }
}

extension Workshop {
  /// Converts `whole` without its head into a folder, as the stock converters do, and returns its weight files.
  func convertTrunk(_ whole: TinyCheckpoint, _ kind: TrunkKind, to name: String) throws -> [HeadDonor.File] {
    try whole.stripped.write(to: path + "/\(name)-raw")
    let thresholds: JSONValue = ["min_cosine": 0, "mean_cosine": 0]
    try writeManifest([
      ("source", .string(name + "-raw")), ("pipeline", .string(kind.pipeline ?? "graft-only")), ("head", "none"),
      ("thresholds", thresholds), ("output", .string(name)),
    ])
    try run()
    try editConverted(name, kind)
    return try filesBelow(path + "/" + name).filter { $0.hasSuffix(".safetensors") }.map { file in
      let weights = try SafetensorsFile(path: FilePath(path + "/\(name)/" + file))
      var tensors: [String: TinyCheckpoint.Tensor] = [:]
      for entry in weights.header.tensors {
        tensors[entry.name] = .init(dtype: entry.dtype, shape: entry.shape, bytes: try weights.readData(of: entry))
      }
      return HeadDonor.File(path: file, tensors: tensors, metadata: ["format": "mlx"])
    }
  }

  /// What other converters do otherwise than ours: no vision tower (mlx-lm), the names of mlx-vlm for qwen3_next, no
  /// report and no sums.
  private func editConverted(_ name: String, _ kind: TrunkKind) throws {
    let folder = path + "/" + name
    for file in ["SHA256SUMS", "audit.html", "audit.json", "provenance.json"] where exists(folder + "/" + file) {
      try removeFile(folder + "/" + file)
    }
    guard kind == .withoutVision || kind == .otherNames else { return }
    let file = try SafetensorsFile(path: FilePath(folder + "/model.safetensors"))
    var tensors: [String: TinyCheckpoint.Tensor] = [:]
    for entry in file.header.tensors where kind != .withoutVision || !entry.name.hasPrefix("vision_tower.") {
      let isNext = !entry.name.hasPrefix("language_model.") && !entry.name.hasPrefix("vision_tower.")
      tensors[kind == .otherNames && isNext ? "language_model." + entry.name : entry.name] = .init(
        dtype: entry.dtype, shape: entry.shape, bytes: try file.readData(of: entry))
    }
    var config = try readJSON(folder + "/config.json")
    if kind == .withoutVision { config.removeKey("vision_config") }
    if kind == .otherNames {
      for block in ["quantization", "quantization_config"] {
        guard let members = config[block]?.members else { continue }
        config.set(
          block,
          to: .object(
            members.map { member in
              let isOwn =
                ["group_size", "bits", "mode"].contains(member.key) || member.key.hasPrefix("language_model.")
              return (isOwn ? member.key : "language_model." + member.key, member.value)
            }))
      }
    }
    try HeadDonor(
      files: [.init(path: "model.safetensors", tensors: tensors, metadata: ["format": "mlx"])], config: config
    ).write(to: folder)
  }
}

func removeFile(_ path: String) throws {
  if exists(path) { try FileManager.default.removeItem(atPath: path) }
}
