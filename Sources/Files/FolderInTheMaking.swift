import SystemPackage

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// An empty folder that one process fills before it gets its final name.
///
/// The kernel takes the right back when the process ends, however it ends; what a dead one left is removed by the next.
/// End with ``release()``: Swift may drop a value after its last use.
public final class FolderInTheMaking: Sendable {
  /// The folder, under its name of the moment.
  public let path: FilePath
  private let descriptor: Int32

  /// Makes the folder, or empties one that a dead process left.
  /// - Parameters:
  ///   - path: The folder.
  ///   - isOwn: Whether a process that fills it leaves this, by its content and not by its name.
  /// - Throws: ``StorageError/busy(folder:)`` while another process fills it, ``StorageError/targetExists(path:)`` for
  ///   anything that is somebody's; what `isOwn` throws.
  public init(path: FilePath, isOwn: (_ found: Folder.Entry) throws -> Bool) throws {
    self.path = path
    var found: Int32?
    // A process that ends between two steps takes the folder away; the next attempt makes a new one.
    for _ in 0..<100 where found == nil { found = try FolderInTheMaking.open(path) }
    guard let found else { throw StorageError.busy(folder: path) }
    descriptor = found
    do {
      let tree = try Folder.tree(path, atMost: 1 << 20)
      if let foreign = try tree.first(where: { try !isOwn($0) }) {
        throw StorageError.targetExists(path: path.appending(bytes: foreign.name))
      }
      if let kept = try Folder.removeKnown(path, tree, keepsFolder: true).first {
        throw StorageError.targetExists(path: kept)
      }
    } catch {
      close(found)
      throw error
    }
  }

  /// The folder, open and held; nil when it was renamed or removed meanwhile.
  private static func open(_ path: FilePath) throws(StorageError) -> Int32? {
    // A dead process leaves a folder; anything else is somebody's.
    if let status = try linkStatus(path), status.type != S_IFDIR { throw .targetExists(path: path) }
    try Folder.create(path)
    let descriptor = uninterrupted { openDescriptor(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) }
    guard descriptor >= 0 else {
      if errno == ENOENT { return nil }
      throw .looking("open the folder", path, errno: errno)
    }
    // Other errors: a file system that cannot lock folders. There two processes would meet in their files' names.
    if uninterrupted({ flock(descriptor, LOCK_EX | LOCK_NB) }) != 0, errno == EWOULDBLOCK {
      close(descriptor)
      throw .busy(folder: path)
    }
    var status = stat()
    guard fstat(descriptor, &status) == 0, let there = try? linkStatus(path), there.st_dev == status.st_dev,
      there.st_ino == status.st_ino
    else {
      close(descriptor)
      return nil
    }
    return descriptor
  }

  /// Whether a process fills a folder at this moment; false where folders cannot be locked.
  static func isHeld(_ path: FilePath) throws(StorageError) -> Bool {
    let descriptor = uninterrupted { openDescriptor(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) }
    guard descriptor >= 0 else {
      // Renamed or removed meanwhile.
      if errno == ENOENT { return false }
      throw .looking("open the folder", path, errno: errno)
    }
    defer { close(descriptor) }
    return uninterrupted { flock(descriptor, LOCK_SH | LOCK_NB) } != 0 && errno == EWOULDBLOCK
  }

  /// Ends the right to the folder, which stays.
  public func release() { close(descriptor) }
}

// Inside the class the name of this call means its own method.
private func openDescriptor(_ path: FilePath, _ flags: Int32) -> Int32 { open(path, flags) }
