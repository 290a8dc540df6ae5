import StrictJSON
import SystemPackage

extension LooseTokenizer {
  /// The `tokenizer.json` that `vocab.json`, `merges.txt` and `tokenizer_config.json` of a folder make, in the form in
  /// which the tokenizers library writes one.
  ///
  /// It is made because not every class reads the older files: `Qwen3_5Tokenizer` of transformers 5 takes nothing from
  /// them, and every text then has no ids at all.
  /// - Throws: as ``init(folder:)``, and ``TokenizerError`` for files of which no tokenizer can be made.
  static func document(folder: FilePath) throws -> [UInt8] {
    let loose = try LooseTokenizer(folder: folder)
    // What is written is what is read here: a vocabulary with gaps, or merges of unknown tokens, are refused first.
    let file = try TokenizerFile(loose.root, rows: Tokenizer.rows(folder))
    let value = loose.root.value
    let vocabulary = file.modelIds.sorted { $0.value < $1.value }
    let merges = (value["model"]?["merges"]?.arrayValue ?? []).map(parts)
    let added = (value["added_tokens"]?.arrayValue ?? []).map(plainId)
      .sorted { ($0["id"]?.intValue ?? 0) < ($1["id"]?.intValue ?? 0) }
    var document = value
    document.set("added_tokens", to: .array(added))
    document.set(
      "model",
      to: [
        "type": "BPE", "dropout": nil, "unk_token": nil, "continuing_subword_prefix": nil, "end_of_word_suffix": nil,
        "fuse_unk": false, "byte_fallback": false, "ignore_merges": false,
        "vocab": .object(vocabulary.map { ($0.key.string, .int($0.value)) }), "merges": .array(merges),
      ])
    return JSONWriter.pretty(document)
  }

  /// A merge as its two tokens, which is how the library has written them since 0.20.
  private static func parts(_ merge: JSONValue) -> JSONValue {
    let tokens = (merge.stringValue ?? "").utf8.split(separator: 0x20)
    return .array(tokens.map { .string(String(decoding: $0, as: UTF8.self)) })
  }

  /// An added token whose id is spelled as a number, whatever the key that named it looked like.
  private static func plainId(_ token: JSONValue) -> JSONValue {
    var token = token
    if let id = token["id"]?.intValue { token.set("id", to: .int(id)) }
    return token
  }
}

/// The `tokenizer.json` of a package whose source has none.
package enum MadeTokenizer {
  /// The file that is made of a folder's `vocab.json` and `merges.txt`; nil where they are not both there, where
  /// there is a `tokenizer.json`, and where none can be made of them, which ``TokenizerNotes`` says.
  /// - Parameters:
  ///   - folder: The folder.
  ///   - files: The names in the folder.
  package static func bytes(folder: FilePath, files: [String]) -> [UInt8]? {
    let isLoose = ["vocab.json", "merges.txt"].allSatisfy(files.contains) && !files.contains("tokenizer.json")
    guard isLoose else { return nil }
    return try? LooseTokenizer.document(folder: folder)
  }
}
