import Threads

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

extension PosixFile {
  /// Storage blocks: a direct write takes whole ones only, from addresses that are multiples of it.
  public static let block = 4096

  /// Writes all bytes at an offset. Of a file opened for direct writing, the whole blocks inside go past the system's
  /// cache when `bytes` begin at an address that equals `offset` modulo ``block``.
  public func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(StorageError) {
    crashPoint("write")
    PowerLoss.shared?.willChange(descriptor, at: offset, count: bytes.count)
    let whole = directPart(bytes, at: offset)
    if whole.isEmpty {
      try writeThroughCache(bytes, at: offset)
    } else {
      try writeThroughCache(UnsafeRawBufferPointer(rebasing: bytes[..<whole.lowerBound]), at: offset)
      try writeDirectly(UnsafeRawBufferPointer(rebasing: bytes[whole]), at: offset + whole.lowerBound)
      try writeThroughCache(
        UnsafeRawBufferPointer(rebasing: bytes[whole.upperBound...]), at: offset + whole.upperBound)
    }
    FaultyDisk.shared?.didWrite(bytes, at: offset, to: descriptor, path: path)
    crashPoint("write")
  }

  /// The whole blocks of a piece, where going past the cache is possible. Short pieces too: a write through the cache
  /// keeps all other writers and readers of the file waiting.
  private func directPart(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> Range<Int> {
    guard direct >= 0, bytes.count >= PosixFile.block, let base = bytes.baseAddress,
      (Int(bitPattern: base) - offset) % PosixFile.block == 0
    else { return 0..<0 }
    let first = (PosixFile.block - offset % PosixFile.block) % PosixFile.block
    guard bytes.count >= first + PosixFile.block else { return 0..<0 }
    return first..<first + (bytes.count - first) / PosixFile.block * PosixFile.block
  }

  private func writeDirectly(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(StorageError) {
    var done = 0
    while done < bytes.count {
      let rest = UnsafeRawBufferPointer(rebasing: bytes[done...])
      let count = uninterrupted { pwrite(direct, rest.baseAddress, rest.count, off_t(offset + done)) }
      // Whatever is wrong, and a write that stops inside a block: the plain write goes on and says so.
      guard count > 0, count % PosixFile.block == 0 else {
        return try writeThroughCache(rest, at: offset + done)
      }
      done += count
    }
  }

  private func writeThroughCache(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(StorageError) {
    var done = 0
    while done < bytes.count {
      let rest = UnsafeRawBufferPointer(rebasing: bytes[done...])
      if isStream, !StopSignal.shared.wait(for: descriptor, .writing) { throw .stopped(path: path) }
      let count = uninterrupted {
        isStream
          ? systemWrite(descriptor, rest.baseAddress, rest.count)
          : pwrite(descriptor, rest.baseAddress, rest.count, off_t(offset + done))
      }
      // Somebody else was faster to fill the pipe.
      if isStream, count < 0, errno == EAGAIN { continue }
      guard count >= 0 else {
        throw .system("write the file", path, errno: errno, needed: offset + bytes.count)
      }
      // A device that takes nothing and reports no error would keep this loop going forever.
      guard count > 0 else { throw .io(operation: "write the file", path: path, errno: EIO) }
      done += count
    }
  }

  /// Writes all bytes at an offset.
  public func write(_ bytes: [UInt8], at offset: Int) throws(StorageError) {
    do {
      try bytes.withUnsafeBytes { raw in try write(raw, at: offset) }
    } catch let error as StorageError {
      throw error
    } catch {
      throw .io(operation: "write the file", path: path, errno: EIO)
    }
  }

  /// Reads up to `buffer.count` bytes at an offset; fewer only at the end of the file.
  public func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(StorageError) -> Int {
    var done = 0
    while done < buffer.count {
      let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[done...])
      let count = uninterrupted { pread(descriptor, rest.baseAddress, rest.count, off_t(offset + done)) }
      guard count >= 0 else { throw .looking("read the file", path, errno: errno) }
      if count == 0 { break }
      done += count
    }
    return done
  }

  /// The whole content.
  public func readAll() throws(StorageError) -> [UInt8] {
    let size = try size()
    var failure: StorageError?
    let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
      do throws(StorageError) {
        count = try read(into: UnsafeMutableRawBufferPointer(buffer), at: 0)
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    return bytes
  }

  /// The size in bytes.
  public func size() throws(StorageError) -> Int {
    Int(try status().st_size)
  }

  /// Cuts the file, or extends it with zeros.
  public func truncate(to size: Int) throws(StorageError) {
    PowerLoss.shared?.willChange(descriptor, at: size, count: 0)
    guard uninterrupted({ ftruncate(descriptor, off_t(size)) }) == 0 else {
      throw .system("change the size of the file", path, errno: errno, needed: size)
    }
  }

  /// What the system says of the file now.
  public func identity() throws(StorageError) -> FileIdentity { FileIdentity(try status()) }

  func status() throws(StorageError) -> stat {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw .looking("look at the file", path, errno: errno) }
    return status
  }

  /// Takes the exclusive lock of the file, which the kernel releases when the process ends.
  /// - Returns: false while another process holds it.
  /// - Throws: ``StorageError`` where the file system cannot lock.
  package func takeLock() throws(StorageError) -> Bool {
    if uninterrupted({ flock(descriptor, LOCK_EX | LOCK_NB) }) == 0 { return true }
    let code = errno
    guard code == EWOULDBLOCK else { throw .system("lock the work folder", path, errno: code) }
    return false
  }
}

// Inside the class the name of this call means its own method.
private func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
  write(descriptor, bytes, count)
}
