import Foundation
import Testing

/// Sources that are not what they should be: each is refused with an error of its own.
@Suite struct SourceRefusalTests {
  @Test func `a source that is not there is refused`() throws {
    try withWorkshop { shop in
      let error = try shop.refusal("no-such-source")
      #expect(error.code == "E_SOURCE_MISSING")
      #expect(error.exitStatus == .missingInput)
      #expect(error.file == shop.source)
    }
  }

  @Test func `a source without safetensors is refused`() throws {
    try withWorkshop(source: TinyCheckpoint(.dense)) { shop in
      for file in filesBelow(shop.source) where file.hasSuffix(".safetensors") {
        try FileManager.default.removeItem(atPath: shop.source + "/" + file)
      }
      let error = try shop.refusal("source-without-safetensors")
      #expect(error.code == "E_NO_SAFETENSORS")
      #expect(error.exitStatus == .badInput)
      #expect(error.file == shop.source)
      #expect(error.found?.contains("optimizer.bin") == true)
    }
  }

  @Test func `a folder in the source that holds a model is named, and others are not`() throws {
    let source = TinyCheckpoint(.dense)
    try withWorkshop { shop in
      for name in ["checkpoint-20", "checkpoint-500"] { try source.write(to: shop.source + "/" + name) }
      try writeBytes([1], shop.source + "/trainer_log.jsonl")
      try FileManager.default.createDirectory(atPath: shop.source + "/runs", withIntermediateDirectories: false)
      let error = try diagnostic { _ = try shop.open() }
      #expect(error.code == "E_NO_SAFETENSORS")
      #expect(error.found == "trainer_log.jsonl, checkpoint-20/, checkpoint-500/, runs/")
      #expect(error.next == "name the folder in it that holds a model: checkpoint-20, checkpoint-500")
    }
  }

  @Test(arguments: [("qwen3", "DFlashDraftModel"), ("llama", "LlamaForCausalLMEagle3")])
  func `a drafter of another kind is called one`(type: String, name: String) throws {
    var source = TinyCheckpoint(.dense)
    source.config.set("model_type", to: .string(type))
    source.config.set("architectures", to: [.string(name)])
    try withWorkshop(source: source) { shop in
      let error = try diagnostic { _ = try shop.open() }
      #expect(error.code == "E_ARCHITECTURE_UNKNOWN" && error.found == "\(type), a drafter (\(name))", "\(error.text)")
      #expect(error.next?.hasPrefix("name the model that it drafts for as source") == true)
    }
  }

  @Test func `a file that is named as source is called one`() throws {
    try withWorkshop { shop in
      try writeBytes([1], shop.source)
      let error = try diagnostic { _ = try shop.open() }
      #expect(error.code == "E_SOURCE_MISSING" && error.found == "a file", "\(error.text)")
    }
  }

  @Test func `a head alone that is named as source is called one`() throws {
    try withWorkshop(source: TinyCheckpoint(.dense).headOnly) { shop in
      let error = try diagnostic { _ = try shop.open() }
      #expect(error.code == "E_HEAD_ALONE" && error.next?.contains("as donor") == true, "\(error.text)")
    }
  }

  @Test func `a drafter that is named as source is called a head`() throws {
    try withWorkshop(source: TinyCheckpoint(.dense)) { shop in
      try shop.writeManifest([("layouts", ["sidecar", "drafter"])])
      try shop.run()
      var beside = shop.options
      beside.target = .drafter
      try shop.run(beside)
      try shop.writeManifest([("source", .string("package-mtp")), ("output", "other")])
      let error = try diagnostic { _ = try shop.open() }
      #expect(error.code == "E_HEAD_ALONE", "\(error.text)")
    }
  }

  @Test func `a source without a configuration is refused`() throws {
    try withWorkshop(source: TinyCheckpoint(.dense)) { shop in
      try FileManager.default.removeItem(atPath: shop.source + "/config.json")
      #expect(try shop.refusal("source-without-configuration").code == "E_CONFIG_MISSING")
    }
  }

  @Test(arguments: [("qwen4_exp", "hyper-connections"), ("llama", "Qwen3-Next")])
  func `an unknown architecture is refused`(name: String, hint: String) throws {
    var source = TinyCheckpoint(.dense)
    source.config.set("model_type", to: .string(name))
    try withWorkshop(source: source) { shop in
      let error = try shop.refusal("unknown-architecture-\(name)")
      #expect(error.code == "E_ARCHITECTURE_UNKNOWN")
      #expect(error.exitStatus == .badInput)
      #expect(error.file == shop.source + "/config.json")
      #expect(error.found == name)
      #expect(error.expected?.contains("qwen3_5_moe") == true)
      #expect(error.next?.contains(hint) == true)
    }
  }

  @Test func `a source that is a package already is refused`() throws {
    try withWorkshop(source: TinyCheckpoint(.dense)) { shop in
      try shop.run()
      try shop.writeManifest([("source", "package"), ("output", "again")])
      let error = try shop.refusal("source-converted-already", output: shop.path + "/again")
      #expect(error.code == "E_ALREADY_CONVERTED")
      #expect(error.exitStatus == .badInput)
    }
  }

  @Test func `a hub model that is not cached is refused`() throws {
    try withWorkshop { shop in
      try shop.writeManifest([("source", "hub:cambium-tests/never-there@main")])
      #expect(throws: (any Error).self) { try shop.open() }
      try shop.writeManifest([("source", "hub:no-revision")])
      #expect(try shop.refusal("hub-reference").code == "E_HUB_REFERENCE")
    }
  }
}
