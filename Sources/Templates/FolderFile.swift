import Files
import StrictJSON
import SystemPackage

/// Small files of a checkpoint's folder, which need not be there. Each has a limit that those of no model come near,
/// checked before memory is taken.
package enum FolderFile {
  /// The most bytes of a template or of a configuration.
  package static let modest = 8 << 20

  /// The bytes of a file; nil when it is not there.
  /// - Throws: `FileError`, for a pipe or a device too, and for a link that leads to nothing: a model that was fetched in
  ///   part is not one that lacks the file.
  package static func read(_ path: FilePath, limit: Int) throws(FileError) -> [UInt8]? {
    do throws(FileError) {
      return try ReadOnlyFile(path: path).readAll(limit: limit)
    } catch {
      guard case .missing = error else { throw error }
      if let broken = FileError.brokenLink(path) { throw broken }
      return nil
    }
  }

  /// A file that is one JSON text; nil when it is not there.
  /// - Throws: `FileError`, `JSONError`.
  package static func json(_ path: FilePath) throws -> JSONValue? {
    try read(path, limit: modest).map { try JSONValue.parse($0, file: path.string, maxValues: JSONValue.modestCount) }
  }
}
