import Foundation
import SystemPackage
import StrictJSON
import TestSupport
import Testing
import Tokenization

/// One tokenizer as many tools write it. `variants.json` holds what the `tokenizers` package makes of a few texts with each;
/// a variant without ids of its own has those of the plain one.
@Suite struct VariantTests {
  /// What would need another normalizer, pattern or post-processor than those that are covered.
  private static let refused = [
    "post-template-bos": "E_TOKENIZER_POST_PROCESSOR", "post-template-eos-in-sequence": "E_TOKENIZER_POST_PROCESSOR",
    "normalizer-nfkc": "E_TOKENIZER_NORMALIZER", "pretokenizer-bytelevel-only": "E_TOKENIZER_PRE_TOKENIZER",
  ]

  private let variants: Variants

  init() throws { variants = try Variants() }

  @Test func `every variant has the ids of the tokenizers package, or is refused by name`() throws {
    var equal = 0
    for variant in variants.all {
      if let code = Self.refused[variant.name] {
        #expect(refusal { _ = try variant.tokenizer() }?.code == code, "\(variant.name)")
        continue
      }
      let tokenizer = try variant.tokenizer()
      for (text, ids) in zip(variants.texts, variant.ids) {
        #expect(tokenizer.encode(text) == ids, "\(variant.name): \(text)")
      }
      equal += 1
    }
    print("tokenizer variants: \(equal) equal, \(Self.refused.count) refused by name")
    #expect(equal + Self.refused.count == variants.all.count)
    #expect(variants.all.count == 43)
  }

  @Test func `F01: a post-processor that adds nothing changes no ids`() throws {
    let names = variants.all.map(\.name).filter { $0.hasPrefix("post-") && Self.refused[$0] == nil }
    #expect(names.count == 9)
    let plain = try variants["plain"].tokenizer()
    for name in names {
      let tokenizer = try variants[name].tokenizer()
      for text in variants.texts { #expect(tokenizer.encode(text) == plain.encode(text), "\(name): \(text)") }
      #expect(tokenizer.notes.isEmpty)
    }
  }

  @Test func `a ByteLevel without a pattern leaves the text between two added tokens whole`() throws {
    let (plain, whole) = (variants["plain"], variants["pretokenizer-whole"])
    let tokenizer = try whole.tokenizer()
    #expect(tokenizer.pattern == nil)
    #expect(whole.ids != plain.ids && whole.ids.count == plain.ids.count)
    // One piece of more than a hundred bytes, where the merges are taken from a heap.
    let text = String(repeating: "return a + b ", count: 40)
    let ids = tokenizer.encode(text)
    #expect(tokenizer.decode(ids) == text)
    let cut = try plain.tokenizer().encode(text)
    #expect(ids.count <= cut.count)
  }

  @Test func `truncation and padding of a training change no ids and are noted`() throws {
    for (name, key) in [("truncation", "truncation"), ("padding", "padding"), ("padding-batch", "padding")] {
      let tokenizer = try variants[name].tokenizer()
      #expect(tokenizer.notes.count == 1 && tokenizer.notes[0].contains("has a \(key)"))
      let folder = try TokenizerFolder(["tokenizer.json": variants[name].json])
      #expect(TokenizerNotes.notes(folder: FilePath(folder.path)) == tokenizer.notes)
    }
    #expect(try variants["plain"].tokenizer().notes.isEmpty)
    #expect(TokenizerNotes.notes(folder: "/nowhere").isEmpty)
  }

  @Test func `without special tokens, markup is ordinary text whatever its settings are`() throws {
    for name in ["added-lstrip-special", "added-rstrip-special", "added-all-normalized"] {
      let ids = try variants[name].tokenizer().encode("a <|im_end|> b", special: false)
      #expect(try ids == variants["plain"].tokenizer().encode("a <|im_end|> b", special: false), "\(name)")
    }
  }

  @Test func `vocab.json and merges.txt alone make the ids of tokenizer.json`() throws {
    let plain = variants["plain"]
    let folder = try TokenizerFolder(plain.looseFiles())
    let tokenizer = try Tokenizer(folder: FilePath(folder.path))
    for (text, ids) in zip(variants.texts, plain.ids) { #expect(tokenizer.encode(text) == ids, "\(text)") }
    #expect(TokenizerNotes.notes(folder: FilePath(folder.path)).first?.contains("of vocab.json and merges.txt") == true)
  }

  @Test func `a tokenizer.json made of vocab.json and merges.txt has the ids of the library's own`() throws {
    let plain = variants["plain"]
    let folder = try TokenizerFolder(plain.looseFiles())
    let path = FilePath(folder.path)
    let made = try #require(MadeTokenizer.bytes(folder: path, files: ["merges.txt", "vocab.json"]))
    let tokenizer = try Tokenizer(json: made, file: "made")
    for (text, ids) in zip(variants.texts, plain.ids) { #expect(tokenizer.encode(text) == ids, "\(text)") }
    let document = try JSONValue.parse(made, file: "made")
    // Merges as pairs, and the vocabulary by ids, as the library writes them.
    #expect(document["model"]?["merges"]?.arrayValue?.allSatisfy { $0.arrayValue?.count == 2 } == true)
    let ids = document["model"]?["vocab"]?.members?.compactMap { $0.value.intValue } ?? []
    #expect(!ids.isEmpty && ids == ids.sorted())
    #expect(MadeTokenizer.bytes(folder: path, files: ["merges.txt", "tokenizer.json", "vocab.json"]) == nil)
    #expect(MadeTokenizer.bytes(folder: path, files: ["vocab.json"]) == nil)
    withExtendedLifetime(folder) {}
  }

  @Test func `the pattern of loose files is the configuration's, then the family's`() throws {
    func pattern(_ config: JSONValue, _ model: JSONValue = [:]) throws -> SplitPattern? {
      var files = variants["plain"].looseFiles()
      var own = files["tokenizer_config.json"] ?? [:]
      for member in config.members ?? [] { own.set(member.key, to: member.value) }
      files["tokenizer_config.json"] = own
      files["config.json"] = model
      let folder = try TokenizerFolder(files)
      return try withExtendedLifetime(folder) { try Tokenizer(folder: FilePath(folder.path)).pattern }
    }
    #expect(try pattern(["tokenizer_class": "Qwen2Tokenizer"]) == .qwen2)
    #expect(try pattern(["tokenizer_class": "Qwen2Tokenizer"], ["model_type": "qwen3_5_moe"]) == .qwen35)
    #expect(try pattern(["pretokenize_regex": .string(SplitPattern.qwen35.rawValue)]) == .qwen35)
    for config: JSONValue in [
      ["tokenizer_class": "LlamaTokenizer"], ["pretokenize_regex": "\\w+"], ["add_prefix_space": true],
    ] {
      #expect(refusal { _ = try pattern(config) }?.code == "E_TOKENIZER_PATTERN")
    }
  }

  @Test func `an added token of loose files whose settings nobody says is refused`() throws {
    var files = variants["plain"].looseFiles()
    files["added_tokens.json"] = ["<other>": 700]
    let folder = try TokenizerFolder(files)
    #expect(refusal { _ = try Tokenizer(folder: FilePath(folder.path)) }?.code == "E_TOKENIZER_ADDED_TOKEN")
  }
}

/// The variants of `variants.json`.
private struct Variants {
  let texts: [String]
  let all: [Variant]

  init() throws {
    let path = Fixtures.tests.appendingPathComponent("Fixtures/variants.json").path
    let root = try JSONValue.parse([UInt8](Data(contentsOf: URL(fileURLWithPath: path))), file: path)
    let base = try #require(root["base"])
    texts = (root["texts"]?.arrayValue ?? []).compactMap(\.stringValue)
    let rows = root["variants"]?.arrayValue ?? []
    all = rows.map { Variant($0, base: base, plain: rows[0]) }
  }

  subscript(name: String) -> Variant { all.first { $0.name == name } ?? all[0] }
}

private struct Variant {
  let name: String
  let json: JSONValue
  let ids: [[Int]]

  init(_ row: JSONValue, base: JSONValue, plain: JSONValue) {
    name = row["name"]?.stringValue ?? ""
    let own = row["ids"]?.arrayValue ?? plain["ids"]?.arrayValue ?? []
    ids = own.map { ($0.arrayValue ?? []).compactMap(\.intValue) }
    var json = base
    for member in row["diff"]?.members ?? [] { json.set(member.key, to: member.value) }
    json.edit("model") { model in
      for member in row["model_diff"]?.members ?? [] { model.set(member.key, to: member.value) }
      model.edit("merges") { Variant.respell(&$0, asStrings: row["merges"] == "strings") }
    }
    json.edit("added_tokens") { list in
      var tokens = list.arrayValue ?? []
      for token in row["added"]?.arrayValue ?? [] {
        if let at = tokens.firstIndex(where: { $0["id"] == token["id"] }) {
          tokens[at] = token
        } else {
          tokens.append(token)
        }
      }
      list = .array(tokens)
    }
    self.json = json
  }

  private static func respell(_ merges: inout JSONValue, asStrings: Bool) {
    merges = .array(
      (merges.arrayValue ?? []).map { merge in
        let parts =
          merge.arrayValue?.compactMap(\.stringValue) ?? (merge.stringValue ?? "").components(separatedBy: " ")
        return asStrings ? .string(parts.joined(separator: " ")) : .array(parts.map { .string($0) })
      })
  }

  func tokenizer() throws -> Tokenizer { try Tokenizer(json: JSONWriter.canonical(json), file: name) }

  /// The same tokenizer as older releases wrote it.
  func looseFiles() -> [String: JSONValue] {
    let merges = (json["model"]?["merges"]?.arrayValue ?? []).map { merge in
      (merge.arrayValue ?? []).compactMap(\.stringValue).joined(separator: " ")
    }
    let decoder = (json["added_tokens"]?.arrayValue ?? []).map { token -> (String, JSONValue) in
      var settings = token
      settings.removeKey("id")
      return (String(token["id"]?.intValue ?? 0), settings)
    }
    return [
      "vocab.json": json["model"]?["vocab"] ?? .null,
      "merges.txt": .string("#version: 0.2\n" + merges.joined(separator: "\n") + "\n"),
      "tokenizer_config.json": [
        "added_tokens_decoder": .object(decoder), "eos_token": "<|im_end|>", "tokenizer_class": "Qwen2Tokenizer",
      ],
    ]
  }
}

/// A folder with these files, for as long as it is held; a string is the file's text itself.
private final class TokenizerFolder {
  let path: String

  init(_ files: [String: JSONValue]) throws {
    path = FileManager.default.temporaryDirectory.path + "/cambium-tokenizer-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    for (name, value) in files {
      let bytes = value.stringValue.map { Array($0.utf8) } ?? JSONWriter.canonical(value)
      try Data(bytes).write(to: URL(fileURLWithPath: path + "/" + name))
    }
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }
}
