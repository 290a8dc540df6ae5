import Foundation
import StrictJSON
import Testing

/// What the index says of a source, against what its shards hold.
@Suite struct SourceIndexTests {
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

  private func editMap(_ path: String, _ change: (inout JSONValue) -> Void) throws {
    try editJSON(path) { index in
      var map = index["weight_map"] ?? .object([])
      change(&map)
      index.set("weight_map", to: map)
    }
  }
}
