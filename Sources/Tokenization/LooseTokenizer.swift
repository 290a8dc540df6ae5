import Files
import StrictJSON
import Templates
import SystemPackage

/// A tokenizer in the files of older releases: `vocab.json`, `merges.txt`, and the added tokens of
/// `tokenizer_config.json`, with everything else as `Qwen2Tokenizer` of transformers has it.
struct LooseTokenizer {
  let pattern: SplitPattern
  /// What `tokenizer.json` would say, besides options that are off.
  let root: JSONFields

  /// - Throws: `E_TOKENIZER_MISSING_FILE` where the files are not there; ``TokenizerError`` for what is not covered.
  init(folder: FilePath) throws {
    let path = folder.appending("vocab.json")
    guard let bytes = try FolderFile.read(path, limit: Tokenizer.largestFile),
      let text = try FolderFile.read(folder.appending("merges.txt"), limit: Tokenizer.largestFile)
    else { throw TokenizerError.missingFile(folder.appending("tokenizer.json").string) }
    let vocabulary = try JSONValue.parse(bytes, file: path.string, maxValues: 1 << 21)
    let configPath = folder.appending("tokenizer_config.json")
    let config = try JSONFields(
      FolderFile.json(configPath) ?? [:], file: configPath.string, what: "the tokenizer's configuration")
    pattern = try Self.pattern(config, folder: folder)
    let added = try LooseAddedTokens(config: config, vocabulary: vocabulary, folder: folder).values
    let lines = text.split(separator: 0x0A).map { $0.last == 0x0D ? $0.dropLast() : $0 }
    let merges = lines.filter { !$0.isEmpty && !$0.starts(with: Array("#version".utf8)) }
    root = try JSONFields(
      [
        "version": "1.0", "truncation": nil, "padding": nil, "added_tokens": .array(added),
        "normalizer": ["type": "NFC"], "pre_tokenizer": Self.cutting(pattern), "post_processor": nil,
        "decoder": ["type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true, "use_regex": true],
        "model": [
          "type": "BPE", "vocab": vocabulary,
          "merges": .array(merges.map { .string(String(decoding: $0, as: UTF8.self)) }),
        ],
      ], file: path.string, what: "the tokenizer")
  }

  private static func cutting(_ pattern: SplitPattern) -> JSONValue {
    [
      "type": "Sequence",
      "pretokenizers": [
        ["type": "Split", "pattern": ["Regex": .string(pattern.rawValue)], "behavior": "Isolated", "invert": false],
        ["type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": false],
      ],
    ]
  }

  /// The pattern that the configuration spells, else the one of the model's family.
  private static func pattern(_ config: JSONFields, folder: FilePath) throws -> SplitPattern {
    func refusal(_ key: String, _ found: String) -> TokenizerError {
      .unsupported(
        .pattern, config.place(of: key), expected: "the pattern of Qwen2 or of Qwen3.5, or a model of those families",
        found: found)
    }
    if let prefix = config["add_prefix_space"], prefix == true { throw refusal("add_prefix_space", "a prefix space") }
    if let text = config["pretokenize_regex"]?.stringValue {
      guard let pattern = SplitPattern.allCases.first(where: { UTF8Name($0.rawValue) == UTF8Name(text) }) else {
        throw refusal("pretokenize_regex", String(text.unicodeScalars.prefix(200)))
      }
      return pattern
    }
    let type = try FolderFile.json(folder.appending("config.json"))?["model_type"]?.stringValue ?? ""
    let name = config["tokenizer_class"]?.stringValue ?? ""
    if type.hasPrefix("qwen3_5") || name.hasPrefix("Qwen3_5Tokenizer") { return .qwen35 }
    guard type.hasPrefix("qwen") || name.hasPrefix("Qwen2Tokenizer") else {
      throw refusal("tokenizer_class", name.isEmpty ? "neither" : name)
    }
    return .qwen2
  }
}
