import TestSupport
import SystemPackage
import Foundation
import StrictJSON
import Templates
import Testing
import Tokenization

#if canImport(Glibc)
  import Glibc
#endif

/// Files that are not what they should be: each is refused with the code of what is wrong.
@Suite struct HostileFileTests {
  private func code(_ change: (inout JSONValue) -> Void) -> String? {
    var root = SmallTokenizer.json
    change(&root)
    return refusal { _ = try Tokenizer(json: JSONWriter.canonical(root), file: "t.json") }?.code
  }

  private func modelCode(_ change: (inout JSONValue) -> Void) -> String? { code { $0.edit("model", change) } }

  private func addedCode(_ change: (inout JSONValue) -> Void) -> String? { code { $0.edit("added_tokens", 0, change) } }

  @Test func `the file itself is accepted`() throws {
    #expect(code { _ in } == nil)
    #expect(modelCode { $0.set("merges", to: ["a b"]) } == nil)
    #expect(code { $0.set("post_processor", to: ["type": "ByteLevel", "trim_offsets": false]) } == nil)
    let tokenizer = try Tokenizer(json: JSONWriter.canonical(SmallTokenizer.json), file: "t.json")
    #expect(tokenizer.encode("ab<end>ba\u{E9}") == [256, 257, 98, 97, 0xC3, 0xA9])
  }

  @Test(arguments: ["model", "pre_tokenizer"]) func `a missing part is refused`(_ key: String) {
    #expect(code { $0.removeKey(key) } == "E_JSON_MISSING_FIELD")
    #expect(code { $0.set(key, to: nil) } == "E_JSON_TYPE")
  }

  @Test(arguments: ["vocab", "merges"]) func `a model without tables is refused`(_ key: String) {
    #expect(modelCode { $0.removeKey(key) } == "E_JSON_MISSING_FIELD")
    #expect(modelCode { $0.set(key, to: 1) } == "E_JSON_TYPE")
  }

  @Test(arguments: ["id", "content", "special", "lstrip", "rstrip", "single_word", "normalized"])
  func `an added token without a part is refused`(_ key: String) {
    #expect(addedCode { $0.removeKey(key) } == "E_JSON_MISSING_FIELD")
  }

  @Test func `another model is refused`() {
    for value: JSONValue in ["WordPiece", "Unigram", "bpe", 1, nil] {
      #expect(modelCode { $0.set("type", to: value) } == "E_TOKENIZER_MODEL")
    }
    #expect(modelCode { $0.removeKey("type") } == "E_TOKENIZER_MODEL")
    for (key, value): (String, JSONValue) in [
      ("dropout", JSONValue(.number("0.1"))), ("continuing_subword_prefix", "##"), ("end_of_word_suffix", "</w>"),
    ] { #expect(modelCode { $0.set(key, to: value) } == "E_TOKENIZER_MODEL") }
    #expect(modelCode { $0.set("other", to: 1) } == "E_JSON_UNKNOWN_FIELD")
    #expect(code { $0.set("other", to: 1) } == "E_JSON_UNKNOWN_FIELD")
  }

  @Test func `another pipeline is refused`() {
    for value: JSONValue in [
      ["type": "NFKC"], ["type": "Sequence", "normalizers": [["type": "NFC"], ["type": "Lowercase"]]],
      ["type": "Sequence"], 1,
    ] {
      #expect(code { $0.set("normalizer", to: value) } == "E_TOKENIZER_NORMALIZER")
    }
    #expect(code { $0.set("decoder", to: ["type": "Metaspace"]) } == "E_TOKENIZER_DECODER")
    #expect(code { $0.removeKey("decoder") } == "E_TOKENIZER_DECODER")
    for value: JSONValue in [
      ["type": "TemplateProcessing"], ["type": "BertProcessing"], 1,
      ["type": "TemplateProcessing", "single": [["Sequence": ["id": "B"]]]],
      ["type": "TemplateProcessing", "single": [["SpecialToken": ["id": "<end>"]], ["Sequence": ["id": "A"]]]],
      ["type": "Sequence", "processors": [["type": "ByteLevel"], ["type": "RobertaProcessing"]]],
    ] {
      #expect(code { $0.set("post_processor", to: value) } == "E_TOKENIZER_POST_PROCESSOR")
    }
    #expect(code { $0.set("version", to: "2.0") } == "E_TOKENIZER_VERSION")
  }

  @Test func `another pre-tokenizer is refused`() {
    func steps(_ change: @escaping (inout JSONValue) -> Void, _ index: Int) -> String? {
      code { $0.edit("pre_tokenizer") { $0.edit("pretokenizers", index, change) } }
    }
    #expect(code { $0.set("pre_tokenizer", to: ["type": "ByteLevel"]) } == "E_TOKENIZER_PRE_TOKENIZER")
    #expect(code { $0.edit("pre_tokenizer") { $0.set("pretokenizers", to: []) } } == "E_TOKENIZER_PRE_TOKENIZER")
    #expect(steps({ $0.set("behavior", to: "Removed") }, 0) == "E_TOKENIZER_PRE_TOKENIZER")
    #expect(steps({ $0.set("invert", to: true) }, 0) == "E_TOKENIZER_PRE_TOKENIZER")
    #expect(steps({ $0.set("use_regex", to: true) }, 1) == "E_TOKENIZER_PRE_TOKENIZER")
    #expect(steps({ $0.set("add_prefix_space", to: true) }, 1) == "E_TOKENIZER_PRE_TOKENIZER")
    #expect(steps({ $0.set("pattern", to: ["Regex": "\\p{N}{1,3}"]) }, 0) == "E_TOKENIZER_PATTERN")
    #expect(steps({ $0.set("pattern", to: ["String": " "]) }, 0) == "E_TOKENIZER_PATTERN")
  }

  @Test func `wrong ids are refused`() {
    let big = JSONValue(.number("99999999999999999999999"))
    for value: JSONValue in [-1, 300, 4_294_967_296, big, "7", nil] {
      #expect(modelCode { $0.edit("vocab") { $0.set("a", to: value) } } == "E_TOKENIZER_ID_RANGE")
      #expect(addedCode { $0.set("id", to: value) } == "E_TOKENIZER_ID_RANGE")
    }
    #expect(modelCode { $0.edit("vocab") { $0.set("a", to: 0) } } == "E_TOKENIZER_DUPLICATE_ID")
    #expect(addedCode { $0.set("id", to: 3) } == "E_TOKENIZER_DUPLICATE_ID")
    #expect(addedCode { $0.set("content", to: "a") } == "E_TOKENIZER_DUPLICATE_TOKEN")
    #expect(
      code { $0.edit("added_tokens") { $0 = .array(($0.arrayValue ?? []) + ($0.arrayValue ?? [])) } }
        == "E_TOKENIZER_DUPLICATE_TOKEN")
  }

  @Test func `added tokens of other kinds are refused`() {
    #expect(addedCode { $0.set("content", to: "") } == "E_TOKENIZER_ADDED_TOKEN")
  }

  @Test func `wrong merges are refused`() {
    for merge: JSONValue in [
      "ab", "a  b", "a b c", " b", "a ", "", 1, [], ["a"], ["a", ""], ["a", 1], ["a", "b", "c"],
    ] {
      #expect(modelCode { $0.set("merges", to: [merge]) } == "E_TOKENIZER_MERGE")
    }
    for merge: JSONValue in ["a xyz", "xyz a", "a a", ["xyz", "b"], ["<end>", "a"]] {
      #expect(modelCode { $0.set("merges", to: [merge]) } == "E_TOKENIZER_MERGE_TOKEN")
    }
    #expect(modelCode { $0.set("merges", to: ["a b", ["a", "b"]]) } == "E_TOKENIZER_DUPLICATE_MERGE")
  }

  @Test func `a vocabulary without a byte is refused`() {
    let code = modelCode { model in
      model.set("merges", to: [])
      model.edit("vocab") { vocab in
        vocab.removeKey("a")
        vocab.set("zz", to: 97)
      }
    }
    #expect(code == "E_TOKENIZER_MISSING_BYTE")
  }

  @Test func `files that are not there are refused`() {
    let folder = NSTemporaryDirectory() + "no-such-folder"
    #expect(refusal { _ = try Tokenizer(folder: FilePath(folder)) }?.code == "E_TOKENIZER_MISSING_FILE")
    #expect(refusal { _ = try Tokenizer(json: [], file: "t.json") }?.code == "E_JSON_SYNTAX")
    #expect(refusal { _ = try Tokenizer(json: Array("[]".utf8), file: "t.json") }?.code == "E_JSON_TYPE")
  }

  @Test func `messages name the place`() {
    var root = SmallTokenizer.json
    root.edit("model") { $0.set("merges", to: ["a xyz"]) }
    let found = refusal { _ = try Tokenizer(json: JSONWriter.canonical(root), file: "t.json") }
    #expect(found?.file?.hasPrefix("t.json:1:") == true)
    #expect(found?.expected?.contains("xyz") == true)
    #expect(found?.exitStatus == .badInput)
  }

  /// What is no file, or far too large, is refused before anything of it is read.
  @Test func `what is no plain file is refused`() throws {
    for (name, load): (String, (FilePath) throws -> Void) in [
      ("tokenizer.json", { _ = try Tokenizer(folder: $0) }),
      ("tokenizer_config.json", { _ = try ChatTemplate.load(folder: $0) }),
      ("chat_template.jinja", { _ = try ChatTemplate.load(folder: $0) }),
      ("chat_template.json", { _ = try ChatTemplate.load(folder: $0) }),
    ] {
      let folder = FileManager.default.temporaryDirectory.path + "/cambium-hostile-\(UUID().uuidString)"
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      defer { try? FileManager.default.removeItem(atPath: folder) }
      let path = folder + "/" + name
      #expect(mkfifo(path, 0o600) == 0)
      #expect(refusal { try load(FilePath(folder)) }?.code == "E_FILE_NOT_REGULAR", "\(name)")
      try FileManager.default.removeItem(atPath: path)
      try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: "/dev/zero")
      #expect(refusal { try load(FilePath(folder)) }?.code == "E_FILE_NOT_REGULAR", "\(name)")
      try FileManager.default.removeItem(atPath: path)
      try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: "../../blobs/nothere")
      #expect(refusal { try load(FilePath(folder)) }?.code == "E_LINK_BROKEN", "\(name)")
      try FileManager.default.removeItem(atPath: path)
      #expect(FileManager.default.createFile(atPath: path, contents: nil))
      #expect(truncate(path, 100_000_000) == 0)
      #expect(refusal { try load(FilePath(folder)) }?.code == "E_FILE_LIMIT", "\(name)")
    }
  }
}
