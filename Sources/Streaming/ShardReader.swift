import Files
import Safetensors
import SystemPackage

/// The bytes of a shard for the stream: past the system's cache from this machine, or by ranges from where they are.
enum ShardReader: Sendable {
  case here(StreamedFile)
  case elsewhere(SafetensorsFile)

  init(_ file: SafetensorsFile) throws(FileError) {
    self = file.isElsewhere ? .elsewhere(file) : .here(try StreamedFile(path: file.path))
  }

  var identity: FileIdentity {
    switch self {
    case .here(let file): file.identity
    case .elsewhere(let file): file.identity
    }
  }

  /// The same as ``StreamedFile/read(_:at:into:)``.
  func read(
    _ count: Int, at offset: Int, into window: UnsafeMutableRawBufferPointer
  ) throws(FileError) -> UnsafeMutableRawBufferPointer {
    switch self {
    case .here(let file): return try file.read(count, at: offset, into: window)
    case .elsewhere(let file):
      guard count >= 0, count <= window.count else {
        throw .read(path: file.path, reason: "\(count) bytes at \(offset) are out of range")
      }
      let bytes = UnsafeMutableRawBufferPointer(rebasing: window[0..<count])
      try file.read(into: bytes, at: offset)
      return bytes
    }
  }
}
