#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

extension PosixFile {
  /// Makes the file at least `bytes` long and reserves the space, so that a full disk is known before hours of work
  /// and not after them. Bytes already there stay.
  public func preallocate(_ bytes: Int) throws(StorageError) {
    let before = try status()
    guard bytes > 0, bytes > before.st_size || before.st_blocks * 512 < bytes else { return }
    // Asked first: a reservation that fails half way has filled the disk for everybody else until it is released.
    let missing = bytes - Int(before.st_blocks) * 512
    if let free = freeBytes(), free < missing { throw .diskFull(path: path, needed: bytes) }
    PowerLoss.shared?.willChange(descriptor, at: Int(before.st_size), count: 0)
    let code = reserve(bytes)
    switch code {
    case 0: break
    case EOPNOTSUPP, ENOTSUP, EINVAL, ENOSYS, ENODEV:
      // The file system cannot reserve. The right size is still worth having.
      if bytes > before.st_size { try truncate(to: bytes) }
    default:
      // Releases what was reserved beyond the old end.
      _ = uninterrupted { ftruncate(descriptor, before.st_size) }
      throw .system("reserve space for the file", path, errno: code, needed: bytes)
    }
  }

  /// Reserves space and sets the size. Returns an error number, or 0.
  private func reserve(_ bytes: Int) -> Int32 {
    #if canImport(Glibc)
      var code: Int32 = EINTR
      while code == EINTR { code = posix_fallocate(descriptor, 0, off_t(bytes)) }
      return code
    #else
      var status = stat()
      guard fstat(descriptor, &status) == 0 else { return errno }
      // Holes before the end cannot be filled by this call.
      guard status.st_size < off_t(bytes) else { return 0 }
      var store = fstore_t(
        fst_flags: UInt32(F_ALLOCATEALL), fst_posmode: F_PEOFPOSMODE, fst_offset: 0,
        fst_length: off_t(bytes) - status.st_size, fst_bytesalloc: 0)
      guard fcntl(descriptor, F_PREALLOCATE, &store) == 0 else { return errno }
      return uninterrupted { ftruncate(descriptor, off_t(bytes)) } == 0 ? 0 : errno
    #endif
  }

  /// Free bytes of the file system; nil where it keeps no count.
  private func freeBytes() -> Int? {
    var status = statvfs()
    guard fstatvfs(descriptor, &status) == 0, status.f_blocks > 0 else { return nil }
    let (product, overflow) = UInt64(status.f_bfree).multipliedReportingOverflow(by: UInt64(status.f_frsize))
    return overflow ? nil : Int(exactly: product)
  }
}
