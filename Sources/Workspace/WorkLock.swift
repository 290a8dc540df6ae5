import Files
import SystemPackage

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The right to write in a work folder, held by one run at a time.
///
/// The kernel takes it back when the process ends, however it ends. The lock file is never removed: a process waiting
/// with the old file open, and one that creates a new one, would both hold "the" lock. Keep the object until the last
/// write is done, and end with `release()`: Swift may drop a value after its last use.
public final class WorkLock: Sendable {
  /// The work folder.
  public let folder: FilePath
  private let file: PosixFile

  /// Takes the lock, or throws `E_WORK_LOCKED` with the number of the process that holds it.
  public init(folder: FilePath) throws {
    let file = try PosixFile.openForWriting(folder.appending("lock"), creating: true)
    guard try file.takeLock() else { throw WorkspaceError.locked(folder: folder, pid: Self.holder(file)) }
    self.folder = folder
    self.file = file
    // Written before the rest is cut off, so that a reader finds a number at any instant.
    let text = Array("\(getpid())\n".utf8)
    try file.write(text, at: 0)
    try file.truncate(to: text.count)
  }

  /// Gives the lock back. Without this call it ends with the object.
  public func release() {
    try? file.close()
  }

  /// The number in the first line of the lock file.
  private static func holder(_ file: PosixFile) -> Int32? {
    guard let bytes = try? file.readAll(), let line = bytes.split(separator: UInt8(ascii: "\n")).first else {
      return nil
    }
    return Int32(String(decoding: line, as: UTF8.self))
  }
}
