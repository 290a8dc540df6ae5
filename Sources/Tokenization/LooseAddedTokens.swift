import StrictJSON
import Templates
import SystemPackage

/// The added tokens of a tokenizer without `tokenizer.json`: those of `added_tokens_decoder`, and those that are named as
/// special besides.
struct LooseAddedTokens {
  /// Added tokens as `tokenizer.json` has them.
  private(set) var values: [JSONValue] = []
  private var contents: Set<UTF8Name> = []
  private let config: JSONFields

  /// - Throws: `E_TOKENIZER_ADDED_TOKEN` for one of `added_tokens.json`, or a special one, whose settings nobody says.
  init(config: JSONFields, vocabulary: JSONValue, folder: FilePath) throws {
    self.config = config
    for member in try config.optionalObject("added_tokens_decoder")?.value.members ?? [] {
      let fields = try JSONFields(member.value, file: config.file, what: "an added token")
      try add(fields.string("content"), id: member.key, fields)
    }
    for member in try FolderFile.json(folder.appending("added_tokens.json"))?.members ?? [] { try require(member.key) }
    let names = config.keys.filter { $0.hasSuffix("_token") }
    for name in names {
      guard let token = config[name]?.stringValue ?? config[name]?["content"]?.stringValue else { continue }
      try require(token)
    }
    // What `Qwen2Tokenizer` adds where nothing is said.
    if values.isEmpty {
      let end = "<|endoftext|>"
      let id = vocabulary[end]?.intValue ?? vocabulary.members?.count ?? 0
      try add(end, id: String(id), try JSONFields(["special": true], file: config.file, what: "an added token"))
    }
  }

  private mutating func add(_ content: String, id: String, _ fields: JSONFields) throws {
    contents.insert(UTF8Name(content))
    let special = try fields.optionalBool("special") ?? false
    values.append([
      "id": JSONValue(.number(id), position: fields.value.position), "content": .string(content),
      "single_word": .bool(try fields.optionalBool("single_word") ?? false),
      "lstrip": .bool(try fields.optionalBool("lstrip") ?? false),
      "rstrip": .bool(try fields.optionalBool("rstrip") ?? false),
      "normalized": .bool(try fields.optionalBool("normalized") ?? !special), "special": .bool(special),
    ])
  }

  private func require(_ token: String) throws {
    guard contents.contains(UTF8Name(token)) else {
      throw TokenizerError.unsupported(
        .addedToken, config.place(of: "added_tokens_decoder"),
        expected: "\"\(token.prefix(80))\" in \"added_tokens_decoder\"",
        found: "nothing that says how it is found")
    }
  }
}
