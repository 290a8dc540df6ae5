import Files
import StrictJSON
import Templates
import SystemPackage

extension Tokenizer {
  /// The most bytes of a `tokenizer.json`; one of 250,000 tokens has 20 MB.
  static let largestFile = 24 << 20

  /// Reads the text of a `tokenizer.json`.
  /// - Parameters:
  ///   - json: The text.
  ///   - file: The path that messages name.
  ///   - rows: Rows of the model's embedding, below which ids may have gaps; nil for ids without gaps.
  /// - Throws: ``TokenizerError`` for what is not covered; `JSONError` for what is not JSON, or has another type, or
  ///   is missing.
  public init(json: [UInt8], file: String, rows: Int? = nil) throws {
    self.init(try TokenizerFile(json, file: file, rows: rows))
  }

  /// Reads `tokenizer.json` of a checkpoint's folder; without one, `vocab.json` and `merges.txt` with the added tokens of
  /// `tokenizer_config.json`. Ids may have gaps below the `vocab_size` of `config.json`.
  /// - Throws: as ``init(json:file:rows:)``; `E_TOKENIZER_MISSING_FILE` where neither is there.
  public init(folder: FilePath) throws {
    let path = folder.appending("tokenizer.json")
    guard let json = try FolderFile.read(path, limit: Tokenizer.largestFile) else {
      self.init(try TokenizerFile(LooseTokenizer(folder: folder).root, rows: Tokenizer.rows(folder)))
      return
    }
    try self.init(json: json, file: path.string, rows: Tokenizer.rows(folder))
  }

  /// Rows of the embedding, as the configuration says; nil where there is none to read, which is refused where it is needed.
  static func rows(_ folder: FilePath) -> Int? {
    guard let config = try? FolderFile.json(folder.appending("config.json")) else { return nil }
    return (config["text_config"]?["vocab_size"] ?? config["vocab_size"])?.intValue
  }
}
