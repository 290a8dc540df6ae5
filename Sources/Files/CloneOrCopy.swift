import CKernels
import SystemPackage

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// How a file came to its new place.
public enum Placement: Sendable, Equatable {
  /// A file of its own that shares its blocks with the other until one of them is written: nothing was copied.
  case cloned
  /// A copy.
  case copied
}

/// Puts the content of a file under another name as well, as a file of its own: nobody who writes to one of the two
/// changes the other. By a reflink where the file system has them (btrfs, xfs), else by a copy.
/// The target appears complete and durable or not at all, and replaces a file of that name. `from` may be a link to a
/// file.
@discardableResult
public func cloneOrCopy(from: FilePath, to: FilePath) throws(StorageError) -> Placement {
  let source = try openSource(from)
  defer { close(source.descriptor) }
  var placement = Placement.cloned
  try AtomicFile.write(to: to) { file throws(StorageError) in
    PowerLoss.shared?.willChange(file.descriptor, at: 0, count: 0)
    guard cambium_clone(source.descriptor, file.descriptor) != 0 else { return }
    placement = .copied
    try copy(source.descriptor, from, file)
  }
  return placement
}

/// Gives a file that has other names, too, a content of its own under this one. Whoever is going to write to it in place
/// would change what stands under the others. A path that leads nowhere is fine.
package func breakHardLinks(_ path: FilePath) throws(StorageError) {
  guard let status = try linkStatus(path), status.isRegularFile, status.st_nlink > 1 else { return }
  try cloneOrCopy(from: path, to: path)
}

extension Folder {
  /// Takes a name away from a file that has others. A path that leads nowhere is fine.
  public static func removeLinked(_ path: FilePath) throws(StorageError) {
    guard let status = try linkStatus(path), status.isRegularFile, status.st_nlink > 1 else { return }
    try removeTree(path)
  }
}

/// Opens a regular file; a pipe or a device must not make the run hang.
private func openSource(_ path: FilePath) throws(StorageError) -> (descriptor: Int32, status: stat) {
  let descriptor = uninterrupted { open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK) }
  guard descriptor >= 0 else { throw .system("open the file", path, errno: errno) }
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
  guard fstat(descriptor, &status) == 0 else { throw .system("look at the file", from, errno: errno) }
  try file.preallocate(Int(status.st_size))
  let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 4 << 20, alignment: 4096)
  defer { buffer.deallocate() }
  var offset = 0
  while true {
    let count = uninterrupted { pread(descriptor, buffer.baseAddress, buffer.count, off_t(offset)) }
    guard count >= 0 else { throw .system("read the file", from, errno: errno) }
    if count == 0 { break }
    try file.write(UnsafeRawBufferPointer(rebasing: buffer[..<count]), at: offset)
    offset += count
  }
  // Shorter than it was at the start: the copy would be a mixture.
  guard offset == Int(status.st_size) else { throw .fileChanged(path: from) }
}
