import Digests
import Files
import Threads
import SystemPackage

/// The small files of a model folder: whatever is read of one later is what was read of it first.
///
/// Only digests are kept, so that a tokenizer of many megabytes is not in memory through a run.
final class SmallFiles: Sendable {
  private let known = Guarded<[FilePath: SmallFileRecord]>([:])

  /// The whole file.
  /// - Throws: `FileError`; `StorageError.fileChanged` when it is not what it was.
  func read(_ path: FilePath, limit: Int) throws -> [UInt8] {
    let bytes = try ReadOnlyFile(path: path).readAll(limit: limit)
    try hold(SmallFileRecord(bytes: bytes.count, sha256: SHA256Digest.of(bytes)), path)
    return bytes
  }

  /// Most bytes of a file that is copied: what is larger is no file beside weights, and mostly holes.
  private static let mostBytes = 1 << 30

  /// Size and digest, as it was first read.
  /// - Throws: `FileError.tooLarge` before anything of it is read.
  func record(_ path: FilePath) throws -> SmallFileRecord {
    if let known = known.withLock({ $0[path] }) { return known }
    let file = try ReadOnlyFile(path: path)
    guard file.size <= SmallFiles.mostBytes else {
      throw FileError.tooLarge(path: path, limit: SmallFiles.mostBytes, found: file.size)
    }
    let (digest, bytes) = try file.digest()
    let record = SmallFileRecord(bytes: bytes, sha256: digest)
    try hold(record, path)
    return record
  }

  private func hold(_ record: SmallFileRecord, _ path: FilePath) throws {
    let first = known.withLock { known in
      let first = known[path] ?? record
      known[path] = first
      return first
    }
    guard first == record else { throw StorageError.fileChanged(path: path) }
  }
}

/// Size and digest of a small file.
public struct SmallFileRecord: Sendable, Equatable {
  /// Size in bytes.
  public let bytes: Int
  /// Digest of the content.
  public let sha256: SHA256Digest
}

extension CheckpointFolder {
  /// A small file of the folder, by its name. Whoever reads it later reads the same bytes, or is told.
  /// - Throws: `FileError`; `StorageError.fileChanged` when it is not what was first read of it.
  public func content(of name: String, limit: Int) throws -> [UInt8] {
    try small.read(path.appending(name), limit: limit)
  }

  /// Size and digest of a small file, as it was first read.
  /// - Throws: `FileError`.
  public func record(of name: String) throws -> SmallFileRecord { try small.record(path.appending(name)) }
}
