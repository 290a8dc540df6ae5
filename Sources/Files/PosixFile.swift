import CKernels
import Synchronization
import SystemPackage
import Threads

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A file open for writing. Closed when the last reference goes, or by `close`, which reports a failure.
///
/// Writes name their offset, so several threads may write different ranges at once.
public final class PosixFile: Sendable {
  /// The path it was opened by; for messages.
  public let path: FilePath
  let descriptor: Int32
  /// The same file, open past the system's cache; -1 without one.
  let direct: Int32
  var isDirect: Bool { direct >= 0 }
  /// A device or a pipe: written from the beginning to the end, without offsets.
  let isStream: Bool
  private let isOpen = Atomic<Bool>(true)
  /// The error of the first failed sync. The kernel may drop the pages it could not write and report success the next
  /// time, so one failure is final.
  private let syncFailure = Atomic<Int32>(0)

  private init(path: FilePath, descriptor: Int32, direct: Int32 = -1, isStream: Bool = false) {
    self.isStream = isStream
    self.path = path
    self.descriptor = descriptor
    self.direct = direct
  }

  deinit {
    try? close()
  }

  /// Creates a file that must not exist yet, with mode 0644 whatever the umask.
  /// - Parameters:
  ///   - path: The file.
  ///   - isInTheMaking: Whether it is marked as unfinished until ``endMaking()``.
  public static func createExclusive(
    _ path: FilePath, isInTheMaking: Bool = false
  ) throws(StorageError) -> PosixFile {
    let file = try open(path, O_CREAT | O_EXCL | O_RDWR, "create the file")
    // A system or a file system without such a mode: then nobody knows the file for ours, and nobody removes it.
    let isMarked = isInTheMaking && fchmod(file.descriptor, 0o644 | S_ISVTX) == 0
    guard isMarked || fchmod(file.descriptor, 0o644) == 0 else {
      let code = errno
      unlink(path)
      throw .system("set the mode of the file", path, errno: code)
    }
    PowerLoss.shared?.didCreate(path)
    return file
  }

  /// Takes the mark of an unfinished file away. A failure changes nothing for whoever reads the file.
  public func endMaking() { _ = fchmod(descriptor, 0o644) }

  /// Whether a file is one that a process of ours had begun to write when it ended: it has the mode 01644, which no other
  /// program gives to a file, or holds nothing.
  static func isUnfinished(_ status: stat) -> Bool {
    status.isRegularFile && (status.st_size == 0 || status.st_mode & 0o7777 == 0o644 | S_ISVTX)
  }

  /// Opens a file for reading and writing, and creates it first, with mode 0644 whatever the umask, if it is absent
  /// and `creating` is set. A symbolic link is refused.
  /// - Parameters:
  ///   - path: the file.
  ///   - creating: whether an absent file is made.
  ///   - direct: whether large writes go past the system's cache where the file system allows it.
  public static func openForWriting(
    _ path: FilePath, creating: Bool = false, direct: Bool = false
  ) throws(StorageError) -> PosixFile {
    var isNew = false
    if creating, PowerLoss.shared != nil { isNew = try linkStatus(path) == nil }
    let file = try open(path, O_RDWR | (creating ? O_CREAT : 0), "open the file for writing", direct: direct)
    if isNew { PowerLoss.shared?.didCreate(path) }
    // The umask may have taken bits away. The mode of another user's file is that user's.
    if creating, fchmod(file.descriptor, 0o644) != 0, errno != EPERM {
      throw .system("set the mode of the file", path, errno: errno)
    }
    return file
  }

  /// Opens a device or a pipe, also through a link such as `/dev/stdout`, to write into it. The reader of a pipe may
  /// come a little later than the writer, as in a shell that starts both. Each write goes after the one before,
  /// whatever its offset.
  /// - Parameters:
  ///   - path: The device or the pipe.
  ///   - patience: How many moments of 50 ms the reader of a pipe is waited for.
  /// - Throws: ``StorageError``; ``StorageError/pipeUnread(path:)`` when nobody reads, ``StorageError/stopped(path:)``.
  static func openStream(_ path: FilePath, patience: Int) throws(StorageError) -> PosixFile {
    crashPoint("stream")
    // Never waits: neither here nor in a write does the system hear of a stop.
    let flags = O_WRONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK
    var descriptor = uninterrupted { openDescriptor(path, flags, 0) }
    var left = patience
    while descriptor < 0, errno == ENXIO, isPipe(path) {
      guard left > 0 else { throw .pipeUnread(path: path) }
      left -= 1
      guard StopSignal.shared.waitAMoment() else { throw .stopped(path: path) }
      descriptor = uninterrupted { openDescriptor(path, flags, 0) }
    }
    guard descriptor >= 0 else { throw .system("open for writing", path, errno: errno) }
    let file = PosixFile(path: path, descriptor: descriptor, isStream: true)
    guard try file.status().isStream else { throw .targetExists(path: path) }
    return file
  }

  private static func open(
    _ path: FilePath, _ flags: Int32, _ operation: String, direct: Bool = false
  ) throws(StorageError) -> PosixFile {
    // A pipe, a socket or a device is no file of ours: the one would be waited for, the other written to.
    let descriptor = uninterrupted { openDescriptor(path, flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0o644) }
    guard descriptor >= 0 else {
      let code = errno
      if code == ENXIO || code == EISDIR { throw .targetKind(path: path) }
      if code == ELOOP { throw .targetIsLink(path: path) }
      if code == EEXIST { throw .targetExists(path: path) }
      throw .system(operation, path, errno: code)
    }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.isRegularFile else {
      _ = closeDescriptor(descriptor)
      throw .targetKind(path: path)
    }
    guard direct else { return PosixFile(path: path, descriptor: descriptor) }
    // Refused by file systems that have no such thing: then everything is written through the cache.
    let second = uninterrupted { openDirect(path, O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC) }
    return PosixFile(path: path, descriptor: descriptor, direct: second)
  }

  /// Hands all changes to the storage. A failure is final: every later call fails too.
  public func sync() throws(StorageError) {
    let earlier = syncFailure.load(ordering: .relaxed)
    if earlier != 0 { throw .system("sync the file", path, errno: earlier) }
    crashPoint("fsync")
    let mark = PowerLoss.shared?.mark() ?? 0
    guard syncDescriptor(descriptor) == 0 || isStream else {
      let code = errno
      syncFailure.store(code, ordering: .relaxed)
      throw .system("sync the file", path, errno: code)
    }
    PowerLoss.shared?.didSync(descriptor, since: mark)
    crashPoint("fsync")
  }

  /// Closes the file; the second and later calls do nothing. Some file systems report a failed write only here.
  public func close() throws(StorageError) {
    guard isOpen.exchange(false, ordering: .relaxed) else { return }
    if direct >= 0 { _ = closeDescriptor(direct) }
    // Not repeated after EINTR: the descriptor is gone on Linux and may already be another file.
    if closeDescriptor(descriptor) != 0, errno != EINTR {
      throw .system("close the file", path, errno: errno)
    }
  }
}

/// Whether a pipe is there; keeps the error of the call before.
private func isPipe(_ path: FilePath) -> Bool {
  let code = errno
  defer { errno = code }
  var status = stat()
  return stat(path, &status) == 0 && status.type == S_IFIFO
}

// Inside the class the names of these calls mean its own methods.
private func openDescriptor(_ path: FilePath, _ flags: Int32, _ mode: mode_t) -> Int32 { open(path, flags, mode) }
private func closeDescriptor(_ descriptor: Int32) -> Int32 { close(descriptor) }

/// `fsync`, or what replaces it: on macOS `fsync` leaves the data in the cache of the drive.
func syncDescriptor(_ descriptor: Int32) -> Int32 {
  #if canImport(Darwin)
    if fcntl(descriptor, F_FULLFSYNC) == 0 { return 0 }
    // Network and foreign file systems do not know it.
    guard errno == ENOTSUP || errno == EINVAL || errno == ENOTTY else { return -1 }
  #endif
  return fsync(descriptor)
}
