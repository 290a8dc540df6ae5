import CKernels
import SystemPackage

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// A regular file that is read once, in large pieces: what is in the system's cache comes from there, the rest past
/// it (measured: a third of the processor time of a buffered read, and the cache stays with those who need it).
public final class StreamedFile: Sendable {
  private let file: ReadOnlyFile
  /// Open past the cache; -1 where the file system has no such thing.
  private let direct: Int32

  /// Storage blocks: offsets, lengths and addresses of direct reads are multiples of this.
  public static let block = 4096

  /// Bytes that a window needs to hold `count` bytes from anywhere in a file.
  public static func windowBytes(_ count: Int) -> Int { (count + block - 1) / block * block + 2 * block }

  /// - Throws: ``FileError``.
  public init(path: FilePath) throws(FileError) {
    file = try ReadOnlyFile(path: path)
    var descriptor = openDirect(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    if descriptor >= 0, (try? ReadOnlyFile.identity(of: descriptor, path)) != file.identity {
      close(descriptor)
      descriptor = -1
    }
    direct = descriptor
  }

  deinit {
    if direct >= 0 { close(direct) }
  }

  /// The path that was opened.
  public var path: FilePath { file.path }
  /// Bytes of the file when it was opened.
  public var size: Int { file.size }
  /// The file as it was when it was opened.
  public var identity: FileIdentity { file.identity }

  /// Reads `count` bytes from `offset` on.
  /// - Parameters:
  ///   - count: how many bytes.
  ///   - offset: bytes from the beginning of the file.
  ///   - window: memory for it: at least ``windowBytes(_:)``, beginning at a multiple of ``block``.
  /// - Returns: the part of the window that holds the bytes.
  /// - Throws: ``FileError``; ``FileError/short(path:expected:found:)`` when the file ends first.
  public func read(
    _ count: Int, at offset: Int, into window: UnsafeMutableRawBufferPointer
  ) throws(FileError) -> UnsafeMutableRawBufferPointer {
    let (end, overflow) = offset.addingReportingOverflow(count)
    guard offset >= 0, count >= 0, !overflow, end <= size, window.count >= StreamedFile.windowBytes(count) else {
      throw .read(path: path, reason: "\(count) bytes at \(offset) are out of range")
    }
    // The bytes begin where their offset says, so that whole blocks of them can come past the cache.
    let phase = offset % StreamedFile.block
    let bytes = UnsafeMutableRawBufferPointer(rebasing: window[phase..<phase + count])
    if direct >= 0, !file.isCached(offset..<end) {
      let blocks = (phase + count + StreamedFile.block - 1) / StreamedFile.block
      let whole = UnsafeMutableRawBufferPointer(rebasing: window[0..<blocks * StreamedFile.block])
      if readDirect(whole, at: offset - phase, atLeast: phase + count) { return bytes }
    }
    try file.read(into: bytes, at: offset)
    return bytes
  }

  /// Whether so many bytes came; whatever goes wrong here is said by the plain read that follows.
  private func readDirect(_ buffer: UnsafeMutableRawBufferPointer, at offset: Int, atLeast wanted: Int) -> Bool {
    var done = 0
    while done < wanted {
      let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[done...])
      let count = pread(direct, rest.baseAddress, rest.count, off_t(offset + done))
      if count < 0, errno == EINTR { continue }
      // A read that stops inside a block, other than at the end of the file, cannot go on directly.
      guard count > 0, (done + count) % StreamedFile.block == 0 || done + count >= wanted else { return false }
      done += count
    }
    return true
  }
}
