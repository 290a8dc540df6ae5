#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// What tells one state of one file from another: a file whose identity is unchanged is taken to be unchanged.
public struct FileIdentity: Hashable, Sendable {
  /// The file system.
  public let device: UInt64
  /// The file's number in it.
  public let inode: UInt64
  /// Bytes.
  public let size: Int
  /// Time of the last change of the contents, nanoseconds since 1970.
  public let modified: Int
  /// Time of the last change of contents, name, owner or mode, nanoseconds since 1970. No program can set it back.
  public let changed: Int

  /// - Parameters:
  ///   - device: The file system.
  ///   - inode: The file's number in it.
  ///   - size: Bytes.
  ///   - modified: When the content was changed, in nanoseconds.
  ///   - changed: When the inode was changed, in nanoseconds.
  public init(device: UInt64, inode: UInt64, size: Int, modified: Int, changed: Int) {
    self.device = device
    self.inode = inode
    self.size = size
    self.modified = modified
    self.changed = changed
  }

  /// Whether it is the same file with the same content, as far as its time says; its name, owner and mode may be others.
  public func hasContent(of other: FileIdentity) -> Bool {
    device == other.device && inode == other.inode && size == other.size && modified == other.modified
  }

  init(_ status: stat) {
    #if canImport(Darwin)
      let (modified, changed) = (status.st_mtimespec, status.st_ctimespec)
    #else
      let (modified, changed) = (status.st_mtim, status.st_ctim)
    #endif
    // Times only serve to be compared, so a time beyond the year 2262 may wrap.
    self.init(
      device: UInt64(truncatingIfNeeded: status.st_dev), inode: UInt64(truncatingIfNeeded: status.st_ino),
      size: Int(status.st_size), modified: Int(modified.tv_sec) &* 1_000_000_000 &+ Int(modified.tv_nsec),
      changed: Int(changed.tv_sec) &* 1_000_000_000 &+ Int(changed.tv_nsec))
  }
}
