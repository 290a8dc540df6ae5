import StrictJSON
import Templates
import SystemPackage

/// The ids that end a generation.
///
/// No source has all of them: `config.json` of the family names only `<|endoftext|>`, while a turn of a chat ends with
/// `<|im_end|>`. So this is the union of `eos_token_id` in `generation_config.json`, `eos_token_id` in `config.json`
/// and in its `text_config`, `eos_token` in `tokenizer_config.json`, and `<|im_end|>` where the tokenizer has it.
public struct StopTokens: Sendable, Equatable {
  /// The ids, ascending.
  public let ids: [Int]

  /// Whether an id ends a generation.
  public func contains(_ id: Int) -> Bool { ids.contains(id) }

  /// Reads the files of a checkpoint's folder; one that is not there names no stop token.
  /// - Throws: `E_TOKENIZER_STOP_TOKEN` for an id or a token that the tokenizer does not have; `JSONError`.
  public init(folder: FilePath, tokenizer: Tokenizer) throws {
    var fields: [JSONFields?] = []
    for name in ["generation_config.json", "config.json", "tokenizer_config.json"] {
      let path = folder.appending(name)
      fields.append(try FolderFile.json(path).map { try JSONFields($0, file: path.string, what: name) })
    }
    try self.init(generation: fields[0], config: fields[1], tokenizerConfig: fields[2], tokenizer: tokenizer)
  }

  /// Takes the files' contents; nil for one that is not there.
  public init(
    generation: JSONFields?, config: JSONFields?, tokenizerConfig: JSONFields?, tokenizer: Tokenizer
  ) throws {
    var found: Set<Int> = []
    var textConfig: JSONFields?
    if let config, let value = config["text_config"], !value.isNull { textConfig = try config.object("text_config") }
    for case let fields? in [generation, config, textConfig] {
      found.formUnion(try Self.eosIds(fields, tokenizer))
    }
    if let fields = tokenizerConfig, let id = try Self.eosToken(fields, tokenizer) { found.insert(id) }
    if let id = tokenizer.id(of: "<|im_end|>") { found.insert(id) }
    ids = found.sorted()
  }

  /// `eos_token_id`: an id, a list of ids, or null.
  private static func eosIds(_ fields: JSONFields, _ tokenizer: Tokenizer) throws -> [Int] {
    let key = "eos_token_id"
    guard let value = fields[key], !value.isNull else { return [] }
    return try (value.arrayValue ?? [value]).map { element in
      guard let id = element.intValue, tokenizer.token(id) != nil else {
        throw TokenizerError.stopToken(
          JSONPlace(file: fields.file, position: element.position), key: key,
          expected: "ids from 0 to \(tokenizer.vocabularySize - 1)", found: element.typeName)
      }
      return id
    }
  }

  /// `eos_token`: a token, an object with its `content`, or null.
  private static func eosToken(_ fields: JSONFields, _ tokenizer: Tokenizer) throws -> Int? {
    let key = "eos_token"
    guard let value = fields[key], !value.isNull else { return nil }
    let content = value.stringValue ?? value["content"]?.stringValue
    guard let content, let id = tokenizer.id(of: content) else {
      throw TokenizerError.stopToken(
        fields.place(of: key), key: key, expected: "a token of tokenizer.json", found: value.typeName)
    }
    return id
  }
}
