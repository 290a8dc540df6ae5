import Files
import StrictJSON
import SystemPackage

/// A safetensors file for reading, open while it was read lately; its header is checked in full before this exists.
public final class SafetensorsFile: Sendable {
  /// The checked header.
  public let header: SafetensorsHeader
  private let source: any ShardBytes
  /// Whether its bytes are not on this machine: each read of them is a transfer.
  package let isElsewhere: Bool

  /// Opens a file and reads its header.
  /// - Parameters:
  ///   - path: The file.
  ///   - followLinks: Whether the last component may be a symbolic link.
  /// - Throws: `FileError`, ``SafetensorsError``.
  public convenience init(path: FilePath, followLinks: Bool = true) throws {
    try self.init(reading: PooledFile(path: path, followLinks: followLinks), isElsewhere: false)
  }

  /// Opens a file and reads its header. Names of tensors that are in memory already are not held a second time.
  /// - Throws: as ``init(path:followLinks:)``.
  package convenience init(path: FilePath, sharing names: Set<UTF8Name>) throws {
    try self.init(reading: PooledFile(path: path, followLinks: true), isElsewhere: false, sharing: names)
  }

  /// Reads the header of a file wherever it is.
  /// - Throws: as ``init(path:followLinks:)``.
  package init(reading source: any ShardBytes, isElsewhere: Bool = true, sharing names: Set<UTF8Name> = []) throws {
    let size = source.size
    let prefix = try source.readBytes(count: min(size, SafetensorsHeader.prefixLength), at: 0)
    let length = try SafetensorsHeader.headerLength(prefix: prefix, fileSize: size, file: source.path.string)
    // It is at most the file's size and at most the header limit, both checked just now.
    let json = try source.readBytes(count: length, at: 8)
    header = try SafetensorsHeader.parse(
      json: json, prefix: prefix, fileSize: size, file: source.path.string, sharing: names)
    self.source = source
    self.isElsewhere = isElsewhere
  }

  /// The path that was opened.
  public var path: FilePath { source.path }

  /// The file as it was when it was opened first.
  public var identity: FileIdentity { source.identity }

  /// The identity of the file as it is now; compare with ``identity`` after the last read.
  public func currentIdentity() throws(FileError) -> FileIdentity { try source.currentIdentity() }

  /// Fills `buffer` with data.
  /// - Parameters:
  ///   - buffer: Takes as many bytes as it has.
  ///   - offset: Bytes from the start of the data section, as in ``TensorEntry/begin``.
  /// - Throws: `FileError`; also when the bytes are not all inside the data section.
  public func read(into buffer: UnsafeMutableRawBufferPointer, atDataOffset offset: Int) throws(FileError) {
    guard offset >= 0, offset <= header.dataSize, buffer.count <= header.dataSize - offset else {
      throw .read(
        path: path, reason: "\(buffer.count) bytes at \(offset) are not inside \(header.dataSize) bytes of data")
    }
    try source.read(into: buffer, at: header.dataStart + offset)
  }

  /// Bytes of the file, its header included.
  /// - Throws: `FileError`.
  package func readBytes(count: Int, at offset: Int) throws(FileError) -> [UInt8] {
    try source.readBytes(count: count, at: offset)
  }

  /// Fills `buffer` with bytes of the file from `offset` on, its header included.
  /// - Throws: `FileError`.
  package func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(FileError) {
    try source.read(into: buffer, at: offset)
  }

  /// The data of one tensor.
  public func readData(of tensor: TensorEntry) throws(FileError) -> [UInt8] {
    guard tensor.begin >= 0, tensor.end <= header.dataSize else {
      throw .read(path: path, reason: "bytes \(tensor.begin) to \(tensor.end) are not inside the data")
    }
    return try source.readBytes(count: tensor.byteCount, at: header.dataStart + tensor.begin)
  }
}
