import Foundation

extension Tokenizer {
  /// Reads the text of a `tokenizer.json`.
  /// - Parameters:
  ///   - json: The text.
  ///   - file: The path that messages name.
  /// - Throws: ``TokenizerError`` for what is not covered; `JSONError` for what is not JSON, or has another type, or
  ///   is missing.
  public init(json: [UInt8], file: String) throws {
    self.init(try TokenizerFile(json, file: file))
  }

  /// Reads `tokenizer.json` of a checkpoint's folder.
  public init(folder: String) throws {
    let path = folder + "/tokenizer.json"
    guard let json = try FolderFile.read(path) else { throw TokenizerError.missingFile(path) }
    try self.init(json: json, file: path)
  }
}

/// Files of a checkpoint's folder.
enum FolderFile {
  /// The bytes of a file; nil when it is not there.
  static func read(_ path: String) throws(TokenizerError) -> [UInt8]? {
    guard FileManager.default.fileExists(atPath: path) else { return nil }
    do {
      return [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    } catch {
      throw .unreadable(path, reason: error.localizedDescription)
    }
  }
}
