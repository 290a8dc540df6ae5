#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// How a file came to its new place.
public enum Placement: Sendable, Equatable {
  /// A second name of the same file: no bytes were copied.
  case linked
  /// A copy, durable under its name.
  case copied
}

/// Puts the content of a file under another name as well: by a hard link where the file system can, else by a copy.
/// The target appears complete or not at all and replaces a file of that name. `from` may be a link to a file.
@discardableResult
public func linkOrCopy(from: String, to: String) throws(StorageError) -> Placement {
  try AtomicFile.refuseLink(to)
  let source = try openSource(from)
  defer { close(source.descriptor) }
  // A rename between two names of one file does nothing and leaves both.
  if let there = try linkStatus(to), there.st_dev == source.status.st_dev, there.st_ino == source.status.st_ino {
    return .linked
  }
  let temporary = TemporaryName.next(beside: to)
  // A link on Linux would otherwise be a second name of a symbolic link, as those in the hub cache are.
  guard linkat(AT_FDCWD, from, AT_FDCWD, temporary, AT_SYMLINK_FOLLOW) == 0 else {
    try copy(source.descriptor, from, to)
    return .copied
  }
  do throws(StorageError) {
    guard try linkStatus(temporary)?.st_ino == source.status.st_ino else { throw .fileChanged(path: from) }
    PowerLoss.shared?.didCreate(temporary)
    crashPoint("fsync")
    let mark = PowerLoss.shared?.mark() ?? 0
    // The writer of the source may not have synced it. A read-only descriptor will do.
    guard syncDescriptor(source.descriptor) == 0 else { throw .system("sync the file", from, errno: errno) }
    PowerLoss.shared?.didSync(source.descriptor, since: mark)
    crashPoint("fsync")
    try AtomicFile.renameReplacing(temporary, to)
  } catch {
    unlink(temporary)
    throw error
  }
  try syncFolder(splitPath(to).folder)
  return .linked
}

/// Opens a regular file; a pipe or a device must not make the run hang.
private func openSource(_ path: String) throws(StorageError) -> (descriptor: Int32, status: stat) {
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
private func copy(_ descriptor: Int32, _ from: String, _ to: String) throws(StorageError) {
  try AtomicFile.write(to: to) { file throws(StorageError) in
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
}
