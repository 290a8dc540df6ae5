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

  /// The file in a work folder whose lock is the lock.
  public static let fileName = "lock"

  /// Whether a file holds what a lock does, the number of a process, so that it may be written over.
  ///
  /// While one process takes over what another left, the number of the earlier one follows that of the later.
  public static func isLock(_ path: FilePath) -> Bool {
    guard let status = try? linkStatus(path), status.st_mode & S_IFMT == S_IFREG, status.st_size < 64,
      let bytes = try? readSmallFile(path, limit: 64)
    else { return false }
    return bytes.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || $0 == UInt8(ascii: "\n") }
  }

  /// Takes the lock, or throws `E_WORK_LOCKED` with the number of the process that holds it.
  public init(folder: FilePath) throws {
    let file = try PosixFile.openForWriting(folder.appending(Self.fileName), creating: true)
    guard try file.takeLock() else { throw WorkspaceError.locked(folder: folder, pid: Self.holder(file)) }
    self.folder = folder
    self.file = file
    // Written before the rest is cut off, so that a reader finds a number at any instant.
    let text = Array("\(getpid())\n".utf8)
    try file.write(text, at: 0)
    try file.truncate(to: text.count)
  }

  /// The failure of who would take the lock now, which is told apart from having it: nothing is written.
  public static func refusal(folder: FilePath) -> (any Error)? {
    do {
      let file = try PosixFile.openForWriting(folder.appending(fileName), creating: false)
      guard try file.takeLock() else { return WorkspaceError.locked(folder: folder, pid: holder(file)) }
      try file.close()
      return nil
    } catch { return error }
  }

  /// Releases the lock. Without this call it ends with the object.
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
