import Checkpoint
import SystemPackage
import Foundation
import PackageCheck
import Readers
import Safetensors
import StrictJSON
import Testing

/// Wrappers without a tower, and flat text models: what tunes and merges leave.
@Suite struct TextOnlySourceTests {
  private func towerless(_ change: (inout JSONValue) -> Void = { _ in }) -> TinyCheckpoint {
    var source = TinyCheckpoint(.dense)
    source.tensors = source.tensors.filter { !$0.key.hasPrefix("model.visual.") }
    change(&source.config)
    return source
  }

  @Test(arguments: ["present", "absent", "null", "flag", "empty", "only a type", "half of the sizes", "no object"])
  func `F04: a wrapper without a tower is planned as text`(kind: String) throws {
    let source = towerless { config in
      switch kind {
      case "absent": config.removeKey("vision_config")
      case "null": config.set("vision_config", to: JSONValue(.null))
      case "flag": config.set("language_model_only", to: true)
      case "empty": config.set("vision_config", to: .object([]))
      case "only a type": config.set("vision_config", to: ["model_type": "qwen3_5_vision"])
      case "half of the sizes": config.set("vision_config", to: ["depth": 27, "hidden_size": "1152"])
      case "no object": config.set("vision_config", to: "none")
      default: break
      }
    }
    try withWorkshop(source: source) { shop in
      let notes = try shop.open().plan.notes
      #expect(notes.contains { $0.contains("planned as a text model") }, "\(notes)")
      try shop.run()
      let config = try Package(shop.package).config
      #expect(config["vision_config"] == nil && config["text_config"] != nil)
      #expect(try PackageVerifier(path: FilePath(shop.package), threads: 2).verify().isGood)
    }
  }

  @Test func `F04: a tower with gaps is still refused`() throws {
    var source = TinyCheckpoint(.dense)
    let name = "model.visual.blocks.0.norm1.weight"
    source.tensors[name] = nil
    try withWorkshop(source: source) { shop in
      let error = try shop.refusal("tower-with-gaps")
      #expect(error.code == "E_TENSOR_MISSING")
      #expect(error.tensor == name)
    }
  }

  @Test(arguments: [true, false])
  func `F04: a tower whose sizes the configuration does not say is refused by what is missing`(isThere: Bool) throws {
    var source = TinyCheckpoint(.dense)
    if isThere {
      source.config.set("vision_config", to: ["model_type": "qwen3_5_vision"])
    } else {
      source.config.removeKey("vision_config")
    }
    try withWorkshop(source: source) { shop in
      let error = try diagnostic { _ = try shop.open().plan }
      #expect(error.code == "E_CONFIG")
      #expect(error.summary.hasSuffix(isThere ? ": depth" : ": vision_config"), "\(error.summary)")
    }
  }

  /// The same model with the text model's fields at the top level and no `text_config`, and names as of a text model.
  private func flattened(_ source: TinyCheckpoint) -> TinyCheckpoint {
    var source = source
    for member in source.config["text_config"]?.members ?? [] where member.key != "model_type" {
      source.config.set(member.key, to: member.value)
    }
    source.config.removeKey("text_config")
    let names = source.tensors.map {
      ($0.key.replacingOccurrences(of: "model.language_model.", with: "model."), $0.value)
    }
    source.tensors = Dictionary(uniqueKeysWithValues: names)
    return source
  }

  @Test(arguments: [TinyCheckpoint.Family.dense, .mixture], ["nothing of a tower", "its configuration", "a tower"])
  func `a wrapper whose text model is configured at the top level is planned, and nested in its package`(
    family: TinyCheckpoint.Family, kind: String
  ) throws {
    let whole = TinyCheckpoint(family)
    var source = flattened(whole)
    if kind != "a tower" { source.tensors = source.tensors.filter { !$0.key.hasPrefix("model.visual.") } }
    if kind == "nothing of a tower" { source.config.removeKey("vision_config") }
    try withWorkshop(source: source) { shop in
      let notes = try shop.open().plan.notes
      #expect(notes.contains { $0.contains("config.json has no text_config") }, "\(notes)")
      #expect(notes.contains { $0.contains("planned as a text model") } == (kind != "a tower"), "\(notes)")
      try shop.run()
      let config = try Package(shop.package).config
      let text = try #require(config["text_config"])
      #expect(config["model_type"]?.stringValue == family.rawValue)
      #expect(text["model_type"]?.stringValue == family.rawValue + "_text")
      #expect(text["hidden_size"] == 64 && config["hidden_size"] == nil && text["mtp_num_hidden_layers"] == 1)
      #expect(config["image_token_id"] == 261 && text["image_token_id"] == nil && text["vision_config"] == nil)
      #expect((config["vision_config"] != nil) == (kind == "a tower"))
      #expect(try PackageVerifier(path: FilePath(shop.package), threads: 2).verify().isGood)
      let matrix = try ReaderMatrix.verdicts(of: CheckpointFolder(.folder(FilePath(shop.package))))
      #expect(
        matrix.rows.allSatisfy { !$0.verdict.word.isHarmful || $0.reader.name == "mlx-mtp<=0.2" }, "\(matrix.lines)")
    }
  }

  @Test func `a flat wrapper's package has the weights of the nested one's`() throws {
    let whole = TinyCheckpoint(.dense)
    let found = try [whole, flattened(whole)].map { source in
      try withWorkshop(source: source) { shop in
        try shop.run()
        return try digests(shop.package).filter { $0.key.hasSuffix(".safetensors") }.mapValues { "\($0)" }
      }
    }
    #expect(found[0] == found[1] && !found[0].isEmpty)
  }

  @Test func `a wrapper that says nothing of its text model is refused by the field`() throws {
    var source = TinyCheckpoint(.dense)
    source.config.removeKey("text_config")
    try withWorkshop(source: source) { shop in
      let error = try diagnostic { _ = try shop.open().plan }
      #expect(error.code == "E_CONFIG" && error.summary.hasSuffix(": text_config"), "\(error.summary)")
    }
  }

  /// mlx-lm writes such a folder when it converts a flat checkpoint, and reads it; mlx-vlm does not.
  @Test func `a conversion with a flat configuration keeps its weights, and its package is nested`() throws {
    let whole = TinyCheckpoint(.dense)
    try withWorkshop { shop throws in
      let files = try shop.convertTrunk(whole, .affine4, to: "mlx")
      var config = try readJSON(shop.path + "/mlx/config.json")
      for member in config["text_config"]?.members ?? [] where member.key != "model_type" {
        config.set(member.key, to: member.value)
      }
      config.removeKey("text_config")
      try HeadDonor(files: files, config: config).write(to: shop.path + "/trunk")
      try whole.write(to: shop.donor)
      let folder = try CheckpointFolder(.folder(FilePath(shop.path + "/trunk")))
      let before = try ReaderMatrix.verdicts(of: folder)
      #expect(before["mlx-lm>=0.32"]?.word == .withoutHead)
      #expect(before["mlx-vlm>=0.7.8"]?.word == .refuses)
      try shop.writeManifest([("source", "trunk"), ("donor", "donor"), ("pipeline", "graft-only")])
      try shop.run()
      let made = try Package(shop.package).config
      #expect(made["text_config"]?["hidden_size"] == 64 && made["quantization"] == config["quantization"])
      #expect(made["text_config"]?["quantization"] == nil)
      let after = try ReaderMatrix.verdicts(of: CheckpointFolder(.folder(FilePath(shop.package))))
      #expect(after["mlx-vlm>=0.7.8"]?.word == .withHead, "\(after.lines)")
    }
  }

  @Test func `a drafter's folder of a flat wrapper has the text model alone`() throws {
    try withWorkshop(source: flattened(TinyCheckpoint(.dense))) { shop in
      try shop.writeManifest([("layouts", ["sidecar", "drafter"])])
      var beside = shop.options
      beside.target = .drafter
      try shop.run(beside)
      let text = try #require(try Package(shop.package + "-mtp").config["text_config"])
      #expect(text["model_type"] == "qwen3_5_text" && text["hidden_size"] == 64)
      #expect(text["vision_config"] == nil && text["text_config"] == nil)
    }
  }

  @Test func `a flat text model becomes a package under a wrapper's configuration`() throws {
    try withWorkshop(source: TinyCheckpoint(.text)) { shop in
      try shop.run()
      let config = try Package(shop.package).config
      #expect(config["model_type"] == "qwen3_5" && config["text_config"]?["model_type"] == "qwen3_5_text")
      #expect(config["text_config"]?["quantization"] == nil && config["quantization"] != nil)
      #expect(config["text_config"]?["hidden_size"] == 64 && config["eos_token_id"] != nil)
      #expect(try PackageVerifier(path: FilePath(shop.package), threads: 2).verify().isGood)
      let matrix = try ReaderMatrix.verdicts(of: CheckpointFolder(.folder(FilePath(shop.package))))
      #expect(
        matrix.rows.allSatisfy { !$0.verdict.word.isHarmful || $0.reader.name == "mlx-mtp<=0.2" }, "\(matrix.lines)")
    }
  }

  @Test func `F09: an output projection that differs from the embedding is kept, and the flag corrected`() throws {
    var source = TinyCheckpoint(.dense)
    source.config.set("tie_word_embeddings", to: true)
    source.configure("tie_word_embeddings", true)
    try withWorkshop(source: source) { shop in
      let plan = try shop.open().plan
      #expect(plan.notes.contains { $0.contains("lm_head.weight differs from the embedding") })
      #expect(plan.tensors.contains { $0.name == "language_model.lm_head.weight" })
      try shop.run()
      let config = try Package(shop.package).config
      #expect(config["tie_word_embeddings"] == false)
      #expect(config["text_config"]?["tie_word_embeddings"] == false)
    }
    source.tensors["lm_head.weight"] = source.tensors["model.language_model.embed_tokens.weight"]
    try withWorkshop(source: source) { shop in
      let plan = try shop.open().plan
      #expect(plan.notes.contains { $0.contains("lm_head.weight equals the embedding") })
      #expect(plan.dropped.map(\.name) == ["lm_head.weight"])
    }
  }
}

extension ReaderVerdict.Word {
  /// Whether a reader cannot use a folder.
  var isHarmful: Bool { self == .refuses || self == .corrupts }
}
