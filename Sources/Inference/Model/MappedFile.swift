import CKernels
import Diagnostics
import Files
import SystemPackage

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// A file mapped into memory, read-only, for as long as the object lives.
///
/// A file that shrinks while it is mapped ends the process: whoever reads its lost bytes cannot be told otherwise. It ends
/// as by ``FileError/shrunk(path:)``. An identity taken before mapping is compared with the mapped file's.
final class MappedFile: Sendable {
  let path: FilePath
  let count: Int
  private nonisolated(unsafe) let base: UnsafeRawPointer?

  /// Maps a file.
  /// - Parameter identity: What the file must be; the identity with which its header was read.
  /// - Throws: ``InferenceError/mapping(file:reason:)``, ``InferenceError/changed(file:)``.
  init(path: FilePath, identity: FileIdentity) throws(InferenceError) {
    var descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    while descriptor < 0, errno == EINTR { descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK) }
    guard descriptor >= 0 else { throw .mapping(file: path.string, reason: MappedFile.reason(errno)) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw .mapping(file: path.string, reason: MappedFile.reason(errno)) }
    guard UInt64(truncatingIfNeeded: status.st_dev) == identity.device,
      UInt64(truncatingIfNeeded: status.st_ino) == identity.inode, Int(status.st_size) == identity.size
    else { throw .changed(file: path.string) }
    self.path = path
    count = identity.size
    guard count > 0 else {
      base = nil
      return
    }
    let address = mmap(nil, count, PROT_READ, MAP_SHARED, descriptor, 0)
    guard let address, address != MAP_FAILED else {
      throw .mapping(file: path.string, reason: MappedFile.reason(errno))
    }
    let shrunk = FileError.shrunk(path: path).diagnostic
    guard cambium_remember_mapping(address, count, shrunk.text + "\n", shrunk.exitStatus.rawValue) == 0 else {
      munmap(address, count)
      throw .mapping(file: path.string, reason: MappedFile.reason(ENOMEM))
    }
    base = UnsafeRawPointer(address)
  }

  deinit {
    guard let base else { return }
    cambium_forget_mapping(base)
    munmap(UnsafeMutableRawPointer(mutating: base), count)
  }

  /// Bytes `offset` ..< `offset + length`.
  /// - Throws: ``InferenceError/changed(file:)`` when they are not all inside the file.
  func bytes(at offset: Int, count length: Int) throws(InferenceError) -> UnsafeRawBufferPointer {
    guard let base, offset >= 0, length >= 0, offset <= count, length <= count - offset else {
      throw .changed(file: path.string)
    }
    return UnsafeRawBufferPointer(start: base + offset, count: length)
  }

  private static func reason(_ code: Int32) -> String { "\(String(cString: strerror(code))) (errno \(code))" }
}
