import Files
import SystemPackage

/// Where the bytes of a safetensors file are: on this machine, or in a store that is read by ranges.
package protocol ShardBytes: Sendable {
  /// The path of a file on this machine; of another one its name, for messages.
  var path: FilePath { get }
  /// Bytes of the whole file.
  var size: Int { get }
  /// The file as it was when it was opened first.
  var identity: FileIdentity { get }
  /// The file as it is now.
  func currentIdentity() throws(FileError) -> FileIdentity
  /// `count` bytes from `offset` on.
  func readBytes(count: Int, at offset: Int) throws(FileError) -> [UInt8]
  /// Fills `buffer` with the bytes from `offset` on.
  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(FileError)
}

extension PooledFile: ShardBytes {
  package func readBytes(count: Int, at offset: Int) throws(FileError) -> [UInt8] {
    try file().readBytes(count: count, at: offset)
  }

  package func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(FileError) {
    try file().read(into: buffer, at: offset)
  }
}
