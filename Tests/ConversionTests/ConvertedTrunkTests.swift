import Foundation
import SystemPackage
import Safetensors
import StrictJSON
import Testing

/// A model that was converted before gets a head and keeps everything else.
@Suite struct ConvertedTrunkTests {
  /// A trunk that was converted, of this kind, in `trunk`; the checkpoint with its head in `donor`.
  private func withTrunk(
    _ family: TinyCheckpoint.Family, _ kind: TrunkKind, _ body: (Workshop, TinyCheckpoint) throws -> Void
  ) throws {
    let whole = TinyCheckpoint(family)
    try withWorkshop { shop throws in
      _ = try shop.convertTrunk(whole, kind, to: "trunk")
      try whole.write(to: shop.donor)
      try shop.writeManifest([("source", "trunk"), ("donor", "donor"), ("pipeline", "graft-only")])
      try body(shop, whole)
    }
  }

  @Test(arguments: [TinyCheckpoint.Family.dense, .mixture, .next], [TrunkKind.affine4, .mxfp4, .bf16, .otherNames])
  func `weights, index and sidecars keep their bytes`(family: TinyCheckpoint.Family, kind: TrunkKind) throws {
    try withTrunk(family, kind) { shop, _ throws in
      try shop.run()
      let trunk = shop.path + "/trunk"
      for file in filesBelow(trunk) where file != "config.json" && file != "README.md" {
        #expect(try digest(readBytes(shop.package + "/" + file)) == digest(readBytes(trunk + "/" + file)), "\(file)")
      }
      var config = try Package(shop.package).config
      var before = try readJSON(trunk + "/config.json")
      for key in ["quantization", "quantization_config"] { #expect(config[key] == before[key]) }
      #expect((config["text_config"] ?? config)["mtp_num_hidden_layers"] == 1)
      for part in ["text_config", "mtp_num_hidden_layers"] {
        config.removeKey(part)
        before.removeKey(part)
      }
      #expect(config == before)
      #expect(try verification(of: shop.package).isGood)
    }
  }

  /// Headers of other writers are not padded as ours: they stay as they are all the same.
  @Test func `the header of another writer stays`() throws {
    try withTrunk(.dense, .affine4) { shop, _ throws in
      let file = shop.path + "/trunk/model.safetensors"
      let bytes = try readBytes(file)
      let length = bytes[0..<8].reversed().reduce(0) { $0 << 8 | Int($1) }
      let header = bytes[8..<8 + length] + Array(repeating: UInt8(ascii: " "), count: 3)
      let size = (0..<8).map { UInt8(truncatingIfNeeded: header.count >> (8 * $0)) }
      let other = size + header + bytes[(8 + length)...]
      try writeBytes(other, file)
      try shop.run()
      #expect(try digest(readBytes(shop.package + "/model.safetensors")) == digest(other))
    }
  }

  @Test func `the audit names every part of a packed matrix as kept`() throws {
    try withTrunk(.dense, .affine4) { shop, _ throws in
      try shop.run()
      let rows = try Package(shop.package).audit.tensors.filter { $0.name.contains("layers.3.mlp.up_proj.") }
      #expect(rows.map(\.name.last) == ["s", "s", "t"])
      #expect(rows.allSatisfy { $0.verdict == "kept" && $0.role == "mlp" && $0.origin == "trunk" })
      #expect(rows.allSatisfy { $0.reason == "kept: quantized before (affine 4/64)" })
      #expect(rows.allSatisfy { $0.sourceTreeSHA256 == $0.written.first?.treeSHA256 })
    }
  }

  @Test func `a pipeline that quantizes is refused`() throws {
    try withTrunk(.dense, .affine4) { shop, _ throws in
      try shop.writeManifest([("source", "trunk"), ("donor", "donor")])
      #expect(try shop.refusal("converted-source-under-a-pipeline-that-quantizes").code == "E_ALREADY_CONVERTED")
    }
  }

  /// `mlx_lm.convert` without `-q`, and what `mlx_lm.fuse` makes of it.
  @Test(arguments: [TinyCheckpoint.Family.dense, .mixture, .next], ["mxfp4", "stock"])
  func `a conversion in bf16 is a source, and its package that of the checkpoint`(
    family: TinyCheckpoint.Family, pipeline: String
  ) throws {
    try withTrunk(family, .bf16) { shop, whole throws in
      let more: [(String, JSONValue)] = pipeline == "stock" ? [("quantization", ["group_size": 32])] : []
      let thresholds: JSONValue = ["min_cosine": 0, "mean_cosine": 0]
      let members: [(String, JSONValue)] =
        [("pipeline", .string(pipeline)), ("donor", "donor"), ("thresholds", thresholds)] + more
      try shop.writeManifest([("source", "trunk")] + members)
      #expect(try shop.open().plan.notes.contains { $0.contains("its norms are plain factors already") })
      try shop.run()
      let weights = { try digests(shop.package).filter { $0.key.hasSuffix(".safetensors") } }
      let found = try weights()
      try whole.stripped.write(to: shop.path + "/checkpoint")
      try shop.writeManifest([("source", "checkpoint"), ("output", "other")] + members)
      try shop.run()
      let other = try digests(shop.path + "/other").filter { $0.key.hasSuffix(".safetensors") }
      #expect(found == other)
      #expect(try verification(of: shop.package).isGood)
    }
  }

  /// mlx-lm and mlx-vlm before 0.6.9 stumble over a head in a shard of the trunk.
  @Test(arguments: [TinyCheckpoint.Family.dense, .next])
  func `a head in a shard of the trunk moves to its own file`(family: TinyCheckpoint.Family) throws {
    let whole = TinyCheckpoint(family)
    try withWorkshop { shop throws in
      let mlx = try shop.convertTrunk(whole, .affine4, to: "trunk")
      try DonorShape.insideConversion.donor(whole, mlx: mlx).write(to: shop.source)
      try writeBytes(try readBytes(shop.path + "/trunk/config.json"), shop.source + "/config.json")
      try shop.writeManifest([("pipeline", "graft-only")])
      try shop.run()
      let package = Package(shop.package)
      let trunk = try SafetensorsFile(path: FilePath(shop.package + "/model.safetensors")).header.tensors.map(\.name)
      #expect(trunk.allSatisfy { !$0.hasPrefix("mtp.") })
      #expect(trunk.sorted() == mlx[0].tensors.keys.sorted())
      for name in trunk { #expect(try digest(package.tensor(name).bytes) == digest(mlx[0].tensors[name]?.bytes)) }
      #expect(
        try SafetensorsFile(path: FilePath(shop.package + "/mtp.safetensors")).header.tensors.count == package.headCount
      )
      #expect(try verification(of: shop.package).isGood)
    }
  }

  @Test func `a packed matrix of another shape is refused`() throws {
    try withTrunk(.dense, .affine4) { shop, _ throws in
      let file = shop.path + "/trunk/model.safetensors"
      var tensors = try HeadDonor.read(file)
      let name = "language_model.model.layers.0.mlp.up_proj.scales"
      tensors[name]?.shape = [64, 2]
      try HeadDonor(
        files: [.init(path: "model.safetensors", tensors: tensors, metadata: ["format": "mlx"])],
        config: try readJSON(shop.path + "/trunk/config.json")
      ).write(to: shop.path + "/trunk")
      let error = try shop.refusal("packed-matrix-of-another-shape")
      #expect(error.code == "E_SHAPE")
      #expect(error.tensor == "language_model.model.layers.0.mlp.up_proj.weight")
    }
  }

  @Test func `scales that are missing are named`() throws {
    try withTrunk(.next, .mxfp4) { shop, _ throws in
      let file = shop.path + "/trunk/model.safetensors"
      var tensors = try HeadDonor.read(file)
      tensors["model.layers.0.mlp.switch_mlp.up_proj.scales"] = nil
      try HeadDonor(
        files: [.init(path: "model.safetensors", tensors: tensors, metadata: ["format": "mlx"])],
        config: try readJSON(shop.path + "/trunk/config.json")
      ).write(to: shop.path + "/trunk")
      let error = try shop.refusal("scales-are-missing")
      #expect(error.code == "E_TENSOR_MISSING")
      #expect(error.tensor == "model.layers.0.mlp.switch_mlp.up_proj.scales")
    }
  }
}
