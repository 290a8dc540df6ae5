import CZstd

/// Packs and unpacks single frames. One object a thread.
package final class FrameCoder {
  /// Plain bytes in a frame, at most.
  static let mostPlain = 8 << 20
  static let mostCompressed = ZSTD_compressBound(mostPlain)
  /// Part of the format: another level yields other bytes.
  static let level: Int32 = 3

  struct Failure: Error {
    let reason: String
  }

  private let compressor: OpaquePointer
  private let decompressor: OpaquePointer
  private let plain = UnsafeMutableRawBufferPointer.allocate(byteCount: mostPlain, alignment: 4096)
  private let packed = UnsafeMutableRawBufferPointer.allocate(byteCount: mostCompressed, alignment: 4096)

  package init() throws {
    guard let compressor = ZSTD_createCCtx(), let decompressor = ZSTD_createDCtx() else {
      throw Failure(reason: "no memory for zstd")
    }
    self.compressor = compressor
    self.decompressor = decompressor
    // One thread a frame, no long-distance matching, a checksum and the size in each.
    let parameters: [(ZSTD_cParameter, Int32)] = [
      (ZSTD_c_compressionLevel, FrameCoder.level), (ZSTD_c_checksumFlag, 1), (ZSTD_c_contentSizeFlag, 1),
      (ZSTD_c_dictIDFlag, 0),
    ]
    for (parameter, value) in parameters {
      try FrameCoder.require(ZSTD_CCtx_setParameter(compressor, parameter, value))
    }
    // 2 is "off", whatever the level; releases before 1.5 know 0 alone, which was "off" to them.
    if ZSTD_isError(ZSTD_CCtx_setParameter(compressor, ZSTD_c_enableLongDistanceMatching, 2)) != 0 {
      try FrameCoder.require(ZSTD_CCtx_setParameter(compressor, ZSTD_c_enableLongDistanceMatching, 0))
    }
  }

  deinit {
    ZSTD_freeCCtx(compressor)
    ZSTD_freeDCtx(decompressor)
    plain.deallocate()
    packed.deallocate()
  }

  /// Where the plain bytes of a frame are put before ``compress(_:)``.
  package func plainBuffer(_ count: Int) -> UnsafeMutableRawBufferPointer { .init(rebasing: plain[..<count]) }
  /// Where a packed frame is put before ``decompress(_:to:)``.
  func packedBuffer(_ count: Int) -> UnsafeMutableRawBufferPointer { .init(rebasing: packed[..<count]) }

  /// Packs the first `count` plain bytes. The result lives until the next call.
  package func compress(_ count: Int) throws -> UnsafeRawBufferPointer {
    let size = ZSTD_compress2(compressor, packed.baseAddress, packed.count, plain.baseAddress, count)
    try FrameCoder.require(size)
    return UnsafeRawBufferPointer(rebasing: packed[..<size])
  }

  /// Unpacks the first `count` packed bytes, which must be one frame of `size` plain bytes.
  func decompress(_ count: Int, to size: Int) throws -> UnsafeRawBufferPointer {
    // zstd itself looks over one bit of the header.
    guard count > 5, packed[4] & 0x10 == 0 else {
      throw Failure(reason: "a bit of the frame's header that is never set")
    }
    guard ZSTD_getFrameContentSize(packed.baseAddress, count) == UInt64(size) else {
      throw Failure(reason: "the frame's own size is not that of the seek table")
    }
    guard ZSTD_findFrameCompressedSize(packed.baseAddress, count) == count else {
      throw Failure(reason: "the frame ends elsewhere than the seek table says")
    }
    let found = ZSTD_decompressDCtx(decompressor, plain.baseAddress, size, packed.baseAddress, count)
    try FrameCoder.require(found)
    guard found == size else { throw Failure(reason: "\(found) bytes and not \(size)") }
    return UnsafeRawBufferPointer(rebasing: plain[..<size])
  }

  private static func require(_ result: Int) throws {
    guard ZSTD_isError(result) == 0 else {
      throw Failure(reason: ZSTD_getErrorName(result).map { String(cString: $0) } ?? "zstd failed")
    }
  }
}
