import Synchronization
import SystemPackage

private let lastKey = Atomic<Int>(0)

/// A regular file that is read now and then, at any offset from any thread. Of all of them few are open at a time; one
/// that is opened again must be the same file in the same state.
public final class PooledFile: Sendable {
  private static let pool = FilePool<ReadOnlyFile>(limit: 16)

  /// The path that was opened.
  public let path: FilePath
  /// The file as it was when it was opened first.
  public let identity: FileIdentity
  private let followLinks: Bool
  private let key: Int

  /// Opens a file.
  /// - Parameters:
  ///   - path: A regular file.
  ///   - followLinks: Whether the last component may be a symbolic link.
  /// - Throws: ``FileError``.
  public init(path: FilePath, followLinks: Bool = true) throws(FileError) {
    self.path = path
    self.followLinks = followLinks
    key = lastKey.add(1, ordering: .relaxed).newValue
    identity = try PooledFile.pool.keep(key) { () throws(FileError) in
      try ReadOnlyFile(path: path, followLinks: followLinks)
    }.identity
  }

  deinit { PooledFile.pool.close(key) }

  /// Bytes, as of opening.
  public var size: Int { identity.size }

  /// The file, open.
  /// - Throws: ``FileError/changed(path:)`` when it had been closed and is another file now.
  public func file() throws(FileError) -> ReadOnlyFile {
    try PooledFile.pool.file(key) { () throws(FileError) in
      let file = try ReadOnlyFile(path: path, followLinks: followLinks)
      guard file.identity == identity else { throw .changed(path: path) }
      return file
    }
  }

  /// The identity that the file has now; compare with ``identity`` after the last read.
  public func currentIdentity() throws(FileError) -> FileIdentity {
    if let file = PooledFile.pool.opened(key) { return try file.currentIdentity() }
    return try ReadOnlyFile(path: path, followLinks: followLinks).identity
  }
}
