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

  @Test(arguments: ["present", "absent", "null", "flag"])
  func `F04: a wrapper without a tower is planned as text`(kind: String) throws {
    let source = towerless { config in
      switch kind {
      case "absent": config.removeKey("vision_config")
      case "null": config.set("vision_config", to: JSONValue(.null))
      case "flag": config.set("language_model_only", to: true)
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
