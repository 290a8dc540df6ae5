import CKernels
import SystemPackage

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// How a file came to its new place.
public enum Placement: Sendable, Equatable {
  /// A separate file that shares its blocks with the other until one of them is written: nothing was copied.
  case cloned
  /// A second name of the same file: nothing was copied.
  case linked
  /// A copy.
  case copied
}

/// Puts the content of a file under another name as well, as a separate file: nobody who writes to one of the two
/// changes the other. By a reflink where the file system has them (btrfs, xfs), else by a copy.
/// The target appears complete and durable or not at all, and replaces a file of that name. `from` may be a link to a
/// file.
@discardableResult
public func cloneOrCopy(from: FilePath, to: FilePath) throws(StorageError) -> Placement {
  let source = try openSource(from)
  defer { close(source.descriptor) }
  if try clone(source.descriptor, to) { return .cloned }
  try AtomicFile.write(to: to) { file throws(StorageError) in try copy(source.descriptor, from, file) }
  return .copied
}

/// Puts a file under a new name, for a file that is going to lose its old one: by a reflink, which leaves two files, else
/// as a second name of the same file, else by a copy, as on another file system. A model is then neither written twice
/// nor held twice. Who takes the old name away asks ``Folder/removeSecondName(_:of:)``.
/// The target appears complete and durable or not at all, and replaces a file of that name by a copy.
@discardableResult
public func cloneLinkOrCopy(from: FilePath, to: FilePath) throws(StorageError) -> Placement {
  let source = try openSource(from)
  defer { close(source.descriptor) }
  if try clone(source.descriptor, to) { return .cloned }
  if try linkStatus(to) == nil, try secondName(source, from, to) { return .linked }
  try AtomicFile.write(to: to) { file throws(StorageError) in try copy(source.descriptor, from, file) }
  return .copied
}

/// Makes `to` another name of an open file; false where that is not to be had.
private func secondName(
  _ source: (descriptor: Int32, status: stat), _ from: FilePath, _ to: FilePath
) throws(StorageError) -> Bool {
  // A symbolic link would itself get another name, not the file that it leads to.
  guard let status = try linkStatus(from), status.isSame(source.status) else { return false }
  guard link(from, to) == 0 else {
    // Another file system, one without links, one where this user may not link, a file with too many names.
    guard [EXDEV, EPERM, ENOTSUP, EOPNOTSUPP, ENOSYS, EMLINK, EACCES].contains(errno) else {
      throw .system("give the file a second name", to, errno: errno)
    }
    return false
  }
  PowerLoss.shared?.didCreate(to)
  guard let linked = try linkStatus(to), linked.isSame(source.status) else {
    unlink(to)
    throw .fileChanged(path: from)
  }
  crashPoint("fsync")
  let mark = PowerLoss.shared?.mark() ?? 0
  guard syncDescriptor(source.descriptor) == 0 else { throw .system("sync the file", from, errno: errno) }
  PowerLoss.shared?.didSync(source.descriptor, since: mark)
  crashPoint("fsync")
  try syncFolder(to.folder)
  return true
}

/// Makes `to` a reflink of an open file; false where the file system has none.
private func clone(_ descriptor: Int32, _ to: FilePath) throws(StorageError) -> Bool {
  var isPossible = true
  do throws(StorageError) {
    try AtomicFile.write(to: to) { file throws(StorageError) in
      PowerLoss.shared?.willChange(file.descriptor, at: 0, count: 0)
      isPossible = cambium_clone(descriptor, file.descriptor) == 0
      if !isPossible { throw .system("clone the file", to, errno: errno) }
    }
    return true
  } catch {
    if !isPossible { return false }
    throw error
  }
}

/// Makes the content of a file that has other names, too, separate under this one. Whoever is going to write to it in
/// place would change what is under the others. A path that leads nowhere is fine.
package func breakHardLinks(_ path: FilePath) throws(StorageError) {
  guard let status = try linkStatus(path), status.isRegularFile, status.st_nlink > 1 else { return }
  try cloneOrCopy(from: path, to: path)
}

extension stat {
  /// Whether both are of one file.
  fileprivate func isSame(_ other: stat) -> Bool { st_dev == other.st_dev && st_ino == other.st_ino }
}

extension Folder {
  /// Takes a name away from a file that is to be known by `other` alone; false, and nothing is done, when the two are
  /// not names of one file.
  public static func removeSecondName(_ path: FilePath, of other: FilePath) throws(StorageError) -> Bool {
    guard let status = try linkStatus(path), status.isRegularFile, let kept = try linkStatus(other),
      status.isSame(kept), path != other
    else { return false }
    try removeTree(path)
    return true
  }

  /// Takes a name away from a file that has others. A path that leads nowhere is fine.
  public static func removeLinked(_ path: FilePath) throws(StorageError) {
    guard let status = try linkStatus(path), status.isRegularFile, status.st_nlink > 1 else { return }
    try removeTree(path)
  }
}

/// Opens a regular file; a pipe or a device must not make the run hang.
private func openSource(_ path: FilePath) throws(StorageError) -> (descriptor: Int32, status: stat) {
  let descriptor = uninterrupted { open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK) }
  guard descriptor >= 0 else { throw .looking("open the file", path, errno: errno) }
  var status = stat()
  guard fstat(descriptor, &status) == 0, status.type == S_IFREG else {
    close(descriptor)
    throw .io(operation: "copy what is not a regular file", path: path, errno: EINVAL)
  }
  return (descriptor, status)
}

/// Copies an open file by blocks.
private func copy(_ descriptor: Int32, _ from: FilePath, _ file: PosixFile) throws(StorageError) {
  var status = stat()
  guard fstat(descriptor, &status) == 0 else { throw .looking("look at the file", from, errno: errno) }
  try file.preallocate(Int(status.st_size))
  let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 4 << 20, alignment: 4096)
  defer { buffer.deallocate() }
  var offset = 0
  while true {
    let count = uninterrupted { pread(descriptor, buffer.baseAddress, buffer.count, off_t(offset)) }
    guard count >= 0 else { throw .looking("read the file", from, errno: errno) }
    if count == 0 { break }
    try file.write(UnsafeRawBufferPointer(rebasing: buffer[..<count]), at: offset)
    offset += count
  }
  // Shorter than it was at the start: the copy would be a mixture.
  guard offset == Int(status.st_size) else { throw .fileChanged(path: from) }
}
