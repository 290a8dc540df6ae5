import SystemPackage

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Makes the names in a folder durable: after a power cut, what was created, renamed or removed there stays so.
public func syncFolder(_ path: FilePath) throws(StorageError) {
  let descriptor = uninterrupted { open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
  guard descriptor >= 0 else { throw .looking("open the folder", path, errno: errno) }
  defer { close(descriptor) }
  crashPoint("fsync")
  let mark = PowerLoss.shared?.mark() ?? 0
  if syncDescriptor(descriptor) != 0 {
    let code = errno
    // Some network file systems have no such call for folders; there is nothing else to do on them.
    guard code == EINVAL || code == ENOTSUP || code == EOPNOTSUPP else {
      throw .system("sync the folder", path, errno: code)
    }
  }
  PowerLoss.shared?.didSync(descriptor, since: mark)
  crashPoint("fsync")
}
