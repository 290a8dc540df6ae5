import Digests
import Files
import StrictJSON

/// One file of a receipt: its place, its size and what is in it.
public struct FileRecord: Sendable, Equatable {
  /// Relative path with `/` between its parts.
  public var path: String
  /// Size in bytes.
  public var bytes: Int
  /// Digest of the content.
  public var sha256: SHA256Digest

  /// A record; the path is checked when it is put into a receipt.
  public init(path: String, bytes: Int, sha256: SHA256Digest) {
    self.path = path
    self.bytes = bytes
    self.sha256 = sha256
  }

  /// `{"path", "bytes", "sha256"}`.
  package var json: JSONValue {
    .object([("path", .string(path)), ("bytes", .int(bytes)), ("sha256", .string(sha256.hex))])
  }

  /// Reads ``json`` back.
  package init(_ fields: JSONFields) throws(JSONError) {
    try fields.refuseUnknown(["path", "bytes", "sha256"])
    self.init(
      path: try fields.string("path"), bytes: try fields.int("bytes", in: 0...Int.max),
      sha256: try fields.sha256("sha256"))
  }

  /// The records sorted by the bytes of their paths; refuses a path that leaves its folder or appears twice.
  static func ordered(_ records: [FileRecord]) throws -> [FileRecord] {
    for record in records where !isSafeRelativePath(record.path) { throw StorageError.unsafePath(path: record.path) }
    let sorted = sortedByPath(records)
    for (first, second) in zip(sorted, sorted.dropFirst()) where first.path.utf8.elementsEqual(second.path.utf8) {
      throw StorageError.unsafePath(path: second.path)
    }
    return sorted
  }

  static func sortedByPath(_ records: [FileRecord]) -> [FileRecord] {
    records.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
  }
}
