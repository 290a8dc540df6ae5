import Files
import SystemPackage

/// The SHA-256 digest of a file's contents, and how many bytes they are.
///
/// Reads through one buffer of 1 MiB, whatever the file's size.
/// - Parameters:
///   - path: The file.
///   - onRead: Told of each piece how many bytes it had.
/// - Throws: `FileError`.
public func digestOfFile(
  atPath path: FilePath, onRead: (Int) -> Void = { _ in }
) throws(FileError) -> (digest: SHA256Digest, bytes: Int) {
  try ReadOnlyFile(path: path).digest(onRead: onRead)
}

extension ReadOnlyFile {
  /// The SHA-256 digest of everything up to the present end of the file, and how many bytes that is.
  /// - Parameter onRead: Told of each piece how many bytes it had.
  public func digest(onRead: (Int) -> Void = { _ in }) throws(FileError) -> (digest: SHA256Digest, bytes: Int) {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)
    defer { buffer.deallocate() }
    var stream = SHA256Stream()
    var offset = 0
    while true {
      let count = try readSome(into: buffer, at: offset)
      if count == 0 { return (stream.finish(), offset) }
      stream.update(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
      offset += count
      onRead(count)
    }
  }
}
