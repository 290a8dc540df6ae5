import Files
import SystemPackage

/// The SHA-256 digest of a file's contents, and how many bytes they are.
///
/// Reads through one buffer of 1 MiB, whatever the file's size.
/// - Throws: `FileError`.
public func digestOfFile(atPath path: FilePath) throws(FileError) -> (digest: SHA256Digest, bytes: Int) {
  try ReadOnlyFile(path: path).digest()
}

extension ReadOnlyFile {
  /// The SHA-256 digest of everything up to the present end of the file, and how many bytes that is.
  public func digest() throws(FileError) -> (digest: SHA256Digest, bytes: Int) {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)
    defer { buffer.deallocate() }
    var stream = SHA256Stream()
    var offset = 0
    while true {
      let count = try readSome(into: buffer, at: offset)
      if count == 0 { return (stream.finish(), offset) }
      stream.update(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
      offset += count
    }
  }
}
