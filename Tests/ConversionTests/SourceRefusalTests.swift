import Checkpoint
import Foundation
import PackageCheck
import StrictJSON
import SystemPackage
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

  @Test(arguments: ["lm_head.weight", "model.language_model.layers.0.input_layernorm.weight", "mtp.fc.weight"])
  func `an empty tensor is called that, and what leaves such is named`(name: String) throws {
    var source = TinyCheckpoint(.dense)
    source.tensors[name] = TinyCheckpoint.Tensor(dtype: .bf16, shape: [0], bytes: [])
    try withWorkshop(source: source) { shop in
      let error = try diagnostic { _ = try shop.open() }
      #expect(error.code == "E_TENSOR_EMPTY" && error.tensor == name, "\(error.text)")
      #expect(error.found == "[0]" && error.next?.contains("zero_to_fp32.py") == true)
    }
  }

  @Test func `a source without a configuration is refused`() throws {
    try withWorkshop(source: TinyCheckpoint(.dense)) { shop in
      try FileManager.default.removeItem(atPath: shop.source + "/config.json")
      #expect(try shop.refusal("source-without-configuration").code == "E_CONFIG_MISSING")
    }
  }

  @Test func `a truncated shard is refused`() throws {
    let source = TinyCheckpoint(.dense)
    try withWorkshop(source: source) { shop in
      let shard = shop.source + "/" + source.shards[1].file
      let whole = try readBytes(shard)
      try writeBytes(Array(whole.dropLast(10)), shard)
      let error = try shop.refusal("truncated-shard")
      #expect(error.exitStatus == .badInput)
      #expect(error.file == shard)
      #expect(error.expected?.contains("\(whole.count)") == true)
      #expect(error.found?.contains("\(whole.count - 10)") == true)
    }
  }

  @Test func `an index that names a missing shard is refused`() throws {
    let source = TinyCheckpoint(.dense)
    try withWorkshop(source: source) { shop in
      try FileManager.default.removeItem(atPath: shop.source + "/" + source.shards[1].file)
      let error = try shop.refusal("index-naming-a-missing-shard")
      #expect(error.code == "E_INDEX_MISSING_SHARD")
      #expect(error.exitStatus == .badInput)
      #expect(error.file == shop.source + "/model.safetensors.index.json")
      #expect(error.expected == source.shards[1].file)
      #expect(error.found?.contains("\(source.shards[1].tensors.count) tensors") == true)
    }
  }

  @Test func `an index that lists a tensor no shard holds is refused`() throws {
    let source = TinyCheckpoint(.dense)
    try withWorkshop(source: source) { shop in
      let index = shop.source + "/model.safetensors.index.json"
      try editMap(index) { $0.set("model.language_model.ghost.weight", to: .string(source.shards[0].file)) }
      let error = try shop.refusal("index-lists-what-no-shard-holds")
      #expect(error.code == "E_INDEX_MISMATCH")
      #expect(error.exitStatus == .badInput)
      #expect(error.file == index)
      #expect(error.found?.contains("model.language_model.ghost.weight") == true)
    }
  }

  @Test func `a shard with a tensor that the index does not list is refused`() throws {
    try withWorkshop(source: TinyCheckpoint(.dense)) { shop in
      try editMap(shop.source + "/model.safetensors.index.json") { $0.removeKey("lm_head.weight") }
      let error = try shop.refusal("index-leaves-a-tensor-out")
      #expect(error.code == "E_INDEX_MISMATCH")
      #expect(error.found?.hasPrefix("lm_head.weight is in ") == true)
    }
  }

  @Test func `an index that places a tensor in another shard is refused`() throws {
    let source = TinyCheckpoint(.dense)
    try withWorkshop(source: source) { shop in
      try editMap(shop.source + "/model.safetensors.index.json") {
        $0.set("lm_head.weight", to: .string(source.shards[2].file))
      }
      let error = try shop.refusal("index-places-a-tensor-wrongly")
      #expect(error.code == "E_INDEX_MISMATCH")
      #expect(error.found == "lm_head.weight is in \(source.shards[0].file), the index says \(source.shards[2].file)")
    }
  }

  @Test func `an index that names a path outside the folder is refused`() throws {
    try withWorkshop(source: TinyCheckpoint(.dense)) { shop in
      try editMap(shop.source + "/model.safetensors.index.json") {
        $0.set("lm_head.weight", to: "../elsewhere.safetensors")
      }
      let error = try shop.refusal("index-path-escapes")
      #expect(error.code == "E_INDEX_PATH")
      #expect(error.found == "../elsewhere.safetensors")
    }
  }

  @Test func `an index that joins its shards to the folder itself names the same shards`() throws {
    let source = TinyCheckpoint(.dense)
    try withWorkshop(source: source) { shop in
      let tensors = try shop.open().plan.tensors.count
      try editMap(shop.source + "/model.safetensors.index.json") { map in
        for name in source.tensors.keys { map.set(name, to: .string("./" + source.shard(of: name))) }
      }
      #expect(try shop.open().plan.tensors.count == tensors)
      try editMap(shop.source + "/model.safetensors.index.json") {
        $0.set("lm_head.weight", to: "./../elsewhere.safetensors")
      }
      #expect(try diagnostic { _ = try shop.open() }.code == "E_INDEX_PATH")
    }
  }

  @Test func `one tensor in two shards is refused`() throws {
    let source = TinyCheckpoint(.dense)
    try withWorkshop(source: source) { shop in
      let copy = shop.source + "/model-copy.safetensors"
      try FileManager.default.copyItem(atPath: shop.source + "/" + source.shards[2].file, toPath: copy)
      let error = try shop.refusal("one-tensor-in-two-shards")
      #expect(error.code == "E_TENSOR_TWICE")
      #expect(error.tensor == "mtp.fc.weight")
    }
  }

  @Test(arguments: ["tokenizer.json", "README.md", "generation_config.json"])
  func `a pointer of Git LFS in place of a file beside the weights is refused before the work`(name: String) throws {
    try withWorkshop(source: TinyCheckpoint(.dense)) { shop in
      let pointer =
        "version https://git-lfs.github.com/spec/v1\noid sha256:\(String(repeating: "0", count: 64))\nsize 1\n"
      try writeBytes(Array(pointer.utf8), shop.source + "/" + name)
      let error = try #require(throws: CheckpointError.self) { try shop.open() }
      #expect(error.diagnostic.code == "E_LFS_POINTER")
      #expect(error.diagnostic.file == shop.source + "/" + name)
    }
  }

  /// One character is one byte.
  static let brokenTexts: [(name: String, text: String, code: String)] = [
    ("tokenizer_config.json", "\u{EF}\u{BB}\u{BF}{}", "E_JSON_UTF8"),
    ("tokenizer.json", "{\"version\": \"1.0\", \"model\": {", "E_JSON_SYNTAX"),
    ("special_tokens_map.json", "{\"eos_token\": \"\u{FF}\"}", "E_JSON_UTF8"),
    ("preprocessor_config.json", "<!DOCTYPE html>", "E_JSON_SYNTAX"), ("vocab.json", "", "E_JSON_SYNTAX"),
  ]

  @Test(arguments: brokenTexts)
  func `a file beside the weights that is to be JSON and is not is refused before the work, by its own path`(
    name: String, text: String, code: String
  ) throws {
    try withWorkshop(source: TinyCheckpoint(.dense)) { shop in
      try shop.writeManifest([("check", false)])
      try writeBytes(text.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) }, shop.source + "/" + name)
      let error = try diagnostic { _ = try shop.open() }
      #expect(error.code == code && error.file?.hasPrefix(shop.source + "/" + name + ":1:") == true, "\(error.text)")
      let problems = Inspection(try CheckpointFolder(.folder(FilePath(shop.source)))).problems
      #expect(problems.contains { $0.hasPrefix(code) && $0.contains(shop.source + "/" + name) }, "\(problems)")
    }
  }

  @Test(arguments: ["{\"image_std\": NaN}", "{\"a\": 1, \"a\": 2}", "{\"a\": \"\\ud800\"}"])
  func `what readers in Python take for JSON is copied as it is`(text: String) throws {
    try withWorkshop(source: TinyCheckpoint(.dense)) { shop in
      try shop.writeManifest([("check", false)])
      try writeBytes(Array(text.utf8), shop.source + "/special_tokens_map.json")
      try shop.run()
      #expect(try readText(shop.package + "/special_tokens_map.json") == text)
    }
  }

  @Test(arguments: ["consolidated.safetensors", "ema.safetensors", "optimizer.safetensors"])
  func `a copy of tensors that no reader takes for a part of the model is named and not read`(name: String) throws {
    let source = TinyCheckpoint(.dense)
    try withWorkshop(source: source) { shop in
      try shop.run()
      let plain = try readBytes(shop.package + "/model.safetensors")
      let copy = shop.source + "/" + name
      try FileManager.default.copyItem(atPath: shop.source + "/" + source.shards[0].file, toPath: copy)
      try flipByte(copy)
      try FileManager.default.removeItem(atPath: shop.package)
      try FileManager.default.removeItem(atPath: shop.package + ".work")
      try shop.run()
      #expect(try readBytes(shop.package + "/model.safetensors") == plain)
      let notes = try shop.open().plan.notes
      #expect(notes.contains { $0.hasSuffix("\(name) is not read: the index has each of its tensors in another file") })
    }
  }

  @Test(arguments: ["language_model.model.", "model.model.", "_orig_mod.model.language_model."])
  func `a copy under another known prefix is a copy, and one tensor that is in no other file makes it none`(
    prefix: String
  ) throws {
    let source = TinyCheckpoint(.dense)
    try withWorkshop(source: source) { shop in
      let bytes = try readBytes(shop.source + "/" + source.shards[0].file)
      let length = bytes.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
      let header = String(decoding: bytes[8..<8 + length], as: UTF8.self)
      func write(_ header: String) throws {
        let padded = Array(header.utf8) + Array(repeating: UInt8(ascii: " "), count: (8 - header.utf8.count % 8) % 8)
        let count = (0..<8).map { UInt8(truncatingIfNeeded: padded.count >> (8 * $0)) }
        try writeBytes(count + padded + bytes[(8 + length)...], shop.source + "/consolidated.safetensors")
      }
      let renamed = header.replacingOccurrences(of: "\"model.language_model.", with: "\"\(prefix)")
      #expect(renamed != header)
      try write(renamed)
      #expect(try shop.open().plan.notes.contains { $0.contains("consolidated.safetensors is not read") })
      let name = try #require(header.firstRange(of: "\"model.language_model.layers.0."))
      try write(header.replacingCharacters(in: name, with: "\"model.language_model.layers.0.surplus."))
      #expect(throws: (any Error).self) { try shop.open() }
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

  @Test func `an unknown tensor name is refused`() throws {
    var source = TinyCheckpoint(.dense)
    source.tensors["model.language_model.layers.0.self_attn.rel_pos"] = source.tensors["lm_head.weight"]
    try withWorkshop(source: source) { shop in
      let error = try shop.refusal("unknown-tensor")
      #expect(error.code == "E_TENSOR_UNKNOWN")
      #expect(error.exitStatus == .badInput)
      #expect(error.tensor == "model.language_model.layers.0.self_attn.rel_pos")
      #expect(error.file == shop.source + "/" + source.shard(of: error.tensor ?? ""))
    }
  }

  @Test func `a layer beyond the configuration is refused`() throws {
    var source = TinyCheckpoint(.dense)
    source.tensors["model.language_model.layers.4.input_layernorm.weight"] =
      source.tensors["model.language_model.layers.3.input_layernorm.weight"]
    try withWorkshop(source: source) { shop in
      let error = try shop.refusal("layer-beyond-the-configuration")
      #expect(error.code == "E_TENSOR_UNKNOWN")
      #expect(error.found == "layers 4, but config.json says num_hidden_layers 4")
    }
  }

  @Test func `a missing tensor is named`() throws {
    var source = TinyCheckpoint(.dense)
    source.tensors["model.language_model.layers.1.mlp.up_proj.weight"] = nil
    try withWorkshop(source: source) { shop in
      let error = try shop.refusal("missing-tensor")
      #expect(error.code == "E_TENSOR_MISSING")
      #expect(error.tensor == "model.language_model.layers.1.mlp.up_proj.weight")
    }
  }

  @Test func `a shape against the configuration is refused`() throws {
    var source = TinyCheckpoint(.dense)
    source.configure("vocab_size", 321)
    try withWorkshop(source: source) { shop in
      let error = try shop.refusal("shape-against-the-configuration")
      #expect(error.code == "E_SHAPE")
      #expect(error.expected == "[V, H] = [321, 64]")
      #expect(error.found == "[320, 64]")
    }
  }

  @Test func `a dtype that cannot be converted is refused`() throws {
    var source = TinyCheckpoint(.dense)
    source.tensors["lm_head.weight"]?.dtype = .i16
    try withWorkshop(source: source) { shop in
      let error = try shop.refusal("dtype-that-cannot-be-converted")
      #expect(error.code == "E_DTYPE")
      #expect(error.tensor == "lm_head.weight")
      #expect(error.found == "I16")
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

  @Test func `a link that leads out of the source is refused`() throws {
    try withWorkshop(source: TinyCheckpoint(.dense)) { shop in
      try writeBytes([1], shop.path + "/secret")
      try FileManager.default.createSymbolicLink(
        atPath: shop.source + "/merges.txt", withDestinationPath: shop.path + "/secret")
      let error = try shop.refusal("link-leads-out-of-the-source")
      #expect(error.code == "E_LINK_ESCAPES")
      #expect(error.found == shop.path + "/secret")
    }
  }

  static let neededNames = [
    "config.json", "model.safetensors.index.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json",
    "preprocessor_config.json", "chat_template.jinja", "vocab.json", "merges.txt", "LICENSE", "README.md",
    "model-more.safetensors", "mtp/manifest.json",
  ]

  @Test(arguments: neededNames)
  func `B5 a file of the model that is a link to nothing or to itself is refused and not left out`(
    name: String
  ) throws {
    for target in ["../../blobs/nothere", String(name.split(separator: "/").last ?? "")] {
      try withWorkshop(source: TinyCheckpoint(.dense)) { shop in
        let path = shop.source + "/" + name
        try? FileManager.default.removeItem(atPath: path)
        if name.hasPrefix("mtp/") {
          try FileManager.default.createDirectory(atPath: shop.source + "/mtp", withIntermediateDirectories: true)
        }
        try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: target)
        let error = try diagnostic { try shop.run() }
        #expect(error.code == "E_LINK_BROKEN" && error.exitStatus == .missingInput, "\(error.text)")
        #expect(error.file == path && error.found == "a link to \(target)")
        #expect(error.next?.contains("fetch the model whole") == true)
        #expect(!exists(shop.package) && !exists(shop.work))
      }
    }
  }

  @Test(arguments: ["generation_config.json", "tokenizer.json", "model-more.safetensors"])
  func `B5 a folder under the name of a file of the model is refused`(name: String) throws {
    try withWorkshop(source: TinyCheckpoint(.dense)) { shop in
      let path = shop.source + "/" + name
      try? FileManager.default.removeItem(atPath: path)
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
      let error = try diagnostic { try shop.run() }
      #expect(error.code == "E_FILE_NOT_REGULAR" && error.file == path, "\(error.text)")
    }
  }

  @Test func `B5 links to nothing and folders of names that nothing reads stop no run`() throws {
    try withWorkshop(source: TinyCheckpoint(.dense)) { shop in
      for name in ["notes.txt", "optimizer.pt", "trainer_state.json", ".gitattributes"] {
        try? FileManager.default.removeItem(atPath: shop.source + "/" + name)
        try FileManager.default.createSymbolicLink(
          atPath: shop.source + "/" + name, withDestinationPath: "../../blobs/nothere")
      }
      for name in ["onnx", "LICENSES"] {
        try FileManager.default.createDirectory(
          atPath: shop.source + "/" + name, withIntermediateDirectories: false)
      }
      try shop.run()
      #expect(exists(shop.package))
    }
  }

  @Test(arguments: ["generation_config.json", "tokenizer.json", "LICENSE"])
  func `C1 a file of holes that would be copied is refused before it is read`(name: String) throws {
    try withWorkshop(source: TinyCheckpoint(.dense)) { shop in
      let path = shop.source + "/" + name
      try writeBytes([], path)
      let file = try #require(FileHandle(forWritingAtPath: path))
      try file.truncate(atOffset: 1 << 40)
      try file.close()
      let error = try diagnostic { _ = try shop.open() }
      #expect(error.code == "E_FILE_LIMIT" && error.file == path, "\(error.text)")
      #expect(!exists(shop.work))
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

  private func editMap(_ path: String, _ change: (inout JSONValue) -> Void) throws {
    try editJSON(path) { index in
      var map = index["weight_map"] ?? .object([])
      change(&map)
      index.set("weight_map", to: map)
    }
  }
}
