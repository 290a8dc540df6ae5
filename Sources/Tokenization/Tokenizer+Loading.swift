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
  /// - Throws: ``TokenizerError`` for what is not covered; `JSONError` for what is not JSON, or has another type, or
  ///   is missing.
  public init(json: [UInt8], file: String) throws {
    self.init(try TokenizerFile(json, file: file))
  }

  /// Reads `tokenizer.json` of a checkpoint's folder; without one, `vocab.json` and `merges.txt` with the added tokens of
  /// `tokenizer_config.json`.
  /// - Throws: as ``init(json:file:)``; `E_TOKENIZER_MISSING_FILE` where neither is there.
  public init(folder: FilePath) throws {
    let path = folder.appending("tokenizer.json")
    guard let json = try FolderFile.read(path, limit: Tokenizer.largestFile) else {
      self.init(try TokenizerFile(LooseTokenizer(folder: folder).root))
      return
    }
    try self.init(json: json, file: path.string)
  }
}
