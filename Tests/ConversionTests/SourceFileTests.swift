import Checkpoint
import Foundation
import PackageCheck
import SystemPackage
import Testing

/// Files beside the weights of a source: what is no such file is refused, and is neither left out nor copied.
@Suite struct SourceFileTests {
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
}
