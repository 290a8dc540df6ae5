import Files
import StrictJSON

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
    guard let json = try FolderFile.read(path, limit: FolderFile.tokenizer) else {
      throw TokenizerError.missingFile(path)
    }
    try self.init(json: json, file: path)
  }
}

/// Files of a checkpoint's folder. Each has a limit that those of no model come near, checked before memory is taken.
enum FolderFile {
  /// Bytes of a `tokenizer.json`; one of 250,000 tokens has 20 MB.
  static let tokenizer = 24 << 20
  /// Bytes of any other file.
  static let modest = 8 << 20

  /// The bytes of a file; nil when it is not there.
  /// - Throws: `FileError`, for a pipe or a device too.
  static func read(_ path: String, limit: Int) throws(FileError) -> [UInt8]? {
    do throws(FileError) {
      return try ReadOnlyFile(path: path).readAll(limit: limit)
    } catch {
      guard case .missing = error else { throw error }
      return nil
    }
  }

  /// A file that is one JSON text; nil when it is not there.
  static func json(_ path: String) throws -> JSONValue? {
    try read(path, limit: modest).map { try JSONValue.parse($0, file: path, maxValues: JSONValue.modestCount) }
  }
}
