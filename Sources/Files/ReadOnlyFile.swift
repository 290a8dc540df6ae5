import CKernels
import SystemPackage

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// A regular file, open for reading at any offset from any thread. Closed when the last reference goes.
///
/// Read with `pread` and never mapped: a mapped file that shrinks ends the process.
public final class ReadOnlyFile: Sendable {
  /// The path that was opened.
  public let path: FilePath
  /// The file as it was when it was opened.
  public let identity: FileIdentity
  private let descriptor: Int32

  /// Opens a file.
  /// - Parameters:
  ///   - path: A regular file.
  ///   - followLinks: Whether the last component may be a symbolic link.
  /// - Throws: ``FileError``: missing, not regular (a pipe does not block), or refused by the system.
  public init(path: FilePath, followLinks: Bool = true) throws(FileError) {
    // The system would take the path to end at the first zero byte and open another file.
    let flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | (followLinks ? 0 : O_NOFOLLOW)
    var opened = open(path, flags)
    while opened < 0, errno == EINTR { opened = open(path, flags) }
    guard opened >= 0 else { throw .opening(path, errno) }
    do throws(FileError) {
      let status = try ReadOnlyFile.status(of: opened, path)
      guard status.st_mode & S_IFMT == S_IFREG else {
        throw FileError.notRegular(path: path, found: ReadOnlyFile.kind(status.st_mode))
      }
      identity = FileIdentity(status)
    } catch {
      close(opened)
      throw error
    }
    self.path = path
    descriptor = opened
  }

  deinit {
    close(descriptor)
  }

  /// Opens a file if there is a regular one of this path. What the system cannot open now may be there all the same.
  /// - Throws: ``FileError`` but for ``FileError/missing(path:)`` and ``FileError/notRegular(path:found:)``.
  package static func ifThere(_ path: FilePath) throws(FileError) -> ReadOnlyFile? {
    do throws(FileError) {
      return try ReadOnlyFile(path: path)
    } catch {
      switch error {
      case .missing, .notRegular: return nil
      default: throw error
      }
    }
  }

  /// Bytes, as of opening.
  public var size: Int { identity.size }

  /// The identity of the open file as it is now.
  public func currentIdentity() throws(FileError) -> FileIdentity {
    FileIdentity(try ReadOnlyFile.status(of: descriptor, path))
  }

  /// Fills `buffer` with the bytes from `offset` on.
  /// - Throws: ``FileError/short(path:expected:found:)`` when the file ends first; ``FileError/read(path:reason:)``.
  public func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(FileError) {
    let (end, overflow) = offset.addingReportingOverflow(buffer.count)
    guard offset >= 0, !overflow else { throw .read(path: path, reason: "offset \(offset) is out of range") }
    var done = 0
    while done < buffer.count {
      let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[done...])
      let count = try readSome(into: rest, at: offset + done)
      guard count > 0 else { throw .short(path: path, expected: end, found: offset + done) }
      done += count
    }
  }

  /// The whole file.
  /// - Parameter limit: Greatest size to accept, bytes; checked before memory is taken.
  public func readAll(limit: Int) throws(FileError) -> [UInt8] {
    guard size <= limit else { throw .tooLarge(path: path, limit: limit, found: size) }
    return try readBytes(count: size, at: 0)
  }

  /// `count` bytes from `offset` on.
  /// - Throws: ``FileError/short(path:expected:found:)``, before memory is taken, when the file was shorter at opening.
  public func readBytes(count: Int, at offset: Int) throws(FileError) -> [UInt8] {
    let (end, overflow) = offset.addingReportingOverflow(count)
    guard offset >= 0, count >= 0, !overflow else {
      throw .read(path: path, reason: "\(count) bytes at \(offset) are out of range")
    }
    guard end <= size else { throw .short(path: path, expected: end, found: size) }
    var failure: FileError?
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      do throws(FileError) {
        try read(into: UnsafeMutableRawBufferPointer(buffer), at: offset)
        filled = count
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    return bytes
  }

  /// One read of at least one byte; 0 at the end of the file.
  package func readSome(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(FileError) -> Int {
    // Both systems refuse or cut reads of 2 GiB and more.
    let wanted = min(buffer.count, 1 << 30)
    while true {
      let count = pread(descriptor, buffer.baseAddress, wanted, off_t(offset))
      if count >= 0 { return count }
      if errno != EINTR { throw .reading(path, errno) }
    }
  }

  /// Everything up to the present end of the file, in pieces of at most 1 MiB.
  /// - Throws: ``FileError``, and what `take` throws.
  package func forEachPiece(_ take: (UnsafeRawBufferPointer) throws -> Void) throws {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)
    defer { buffer.deallocate() }
    var offset = 0
    while true {
      let count = try readSome(into: buffer, at: offset)
      if count == 0 { return }
      try take(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
      offset += count
    }
  }

  /// Whether the system's cache is known to hold all of these bytes.
  func isCached(_ range: Range<Int>) -> Bool {
    cambium_is_cached(descriptor, Int64(range.lowerBound), range.count) == 1
  }

  static func identity(of descriptor: Int32, _ path: FilePath) throws(FileError) -> FileIdentity {
    FileIdentity(try status(of: descriptor, path))
  }

  private static func status(of descriptor: Int32, _ path: FilePath) throws(FileError) -> stat {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw .reading(path, errno) }
    return status
  }

  private static func kind(_ mode: mode_t) -> String {
    switch mode & S_IFMT {
    case S_IFDIR: "a folder"
    case S_IFIFO: "a pipe"
    case S_IFSOCK: "a socket"
    case S_IFCHR, S_IFBLK: "a device"
    default: "another kind of file"
    }
  }
}
