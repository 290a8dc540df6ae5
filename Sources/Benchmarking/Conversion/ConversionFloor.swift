import Digests
import Dispatch
import Files
import Foundation
import SystemPackage
import Threads

/// What a conversion cannot do without: every byte of the source read once and digested once, as many bytes as the
/// package has written past the system's cache, digested once and synced. No number is looked at.
///
/// Each leaf is read, digested and followed by its share of the writing, on the same threads, buffers and system calls as
/// a conversion, so that the two differ in their work alone.
public struct ConversionFloor: Sendable {
  /// How SHA-256 is computed.
  public enum Digesting: String, Sendable, CaseIterable {
    /// One stream at a time in each thread: the speed of a library's function.
    case single
    /// The pages of a tree digest, several at a time in each thread: what a conversion does.
    case tree
  }

  /// What a round took.
  public struct Result: Sendable {
    /// Bytes of the sources.
    public let bytesRead: Int
    /// Bytes of the target.
    public let bytesWritten: Int
    /// Time that passed.
    public let seconds: Double
    /// Time of the processor, of all threads together.
    public let processorSeconds: Double
  }

  private let sources: [FilePath]
  private let outputBytes: Int
  private let target: FilePath
  private let threads: Int
  private let digesting: Digesting

  /// - Parameters:
  ///   - sources: the files to read.
  ///   - outputBytes: how much is written.
  ///   - target: the file that is written and removed.
  ///   - threads: Threads that read and digest.
  ///   - digesting: Which digests are computed.
  public init(sources: [FilePath], outputBytes: Int, target: FilePath, threads: Int, digesting: Digesting) {
    self.sources = sources
    self.outputBytes = outputBytes
    self.target = target
    self.threads = threads
    self.digesting = digesting
  }

  /// - Throws: `FileError`, `StorageError`.
  public func measure() throws -> Result {
    let files = try sources.map { try StreamedFile(path: $0) }
    let total = files.reduce(0) { $0 + $1.size }
    let stretch = 2 * TreeDigest.leafBytes
    let turns = files.enumerated().flatMap { number, file in
      stride(from: 0, to: file.size, by: stretch).map {
        (file: number, offset: $0, count: min(stretch, file.size - $0))
      }
    }
    let output = try PosixFile.openForWriting(target, creating: true, direct: true)
    defer { try? Folder.removeTree(target) }
    try output.truncate(to: 0)
    let workers = 2 * threads
    let buffers = (0..<workers).map { _ in FloorBuffers(stretch) }
    let began = DispatchTime.now().uptimeNanoseconds
    let processor = ProcessorTime.now
    try output.preallocate(outputBytes)
    let share = Double(outputBytes) / Double(max(1, total))
    let block = PosixFile.block
    _ = try Workers.forEach(count: turns.count, threads: workers) { index, worker in
      let turn = turns[index]
      let buffer = buffers[worker]
      digest(UnsafeRawBufferPointer(try files[turn.file].read(turn.count, at: turn.offset, into: buffer.input)))
      let begin = Int(Double(index * stretch) * share) / block * block
      let end = index + 1 == turns.count ? outputBytes : Int(Double((index + 1) * stretch) * share) / block * block
      let count = max(0, min(end, outputBytes) - begin)
      guard count > 0 else { return }
      let bytes = UnsafeRawBufferPointer(rebasing: buffer.output[0..<min(count, buffer.output.count)])
      digest(bytes)
      try output.write(bytes, at: begin)
    }
    try output.sync()
    let seconds = Double(DispatchTime.now().uptimeNanoseconds - began) / 1e9
    return Result(
      bytesRead: total, bytesWritten: outputBytes, seconds: seconds, processorSeconds: ProcessorTime.now - processor)
  }

  private func digest(_ bytes: UnsafeRawBufferPointer) {
    switch digesting {
    case .single: _ = SHA256Digest.of(bytes)
    case .tree: _ = TreeDigest.leaf(bytes)
    }
  }
}

/// The buffers of one worker. Each worker uses only its own.
private final class FloorBuffers: @unchecked Sendable {
  let input: UnsafeMutableRawBufferPointer
  let output: UnsafeMutableRawBufferPointer

  init(_ bytes: Int) {
    input = .allocate(byteCount: StreamedFile.windowBytes(bytes), alignment: StreamedFile.block)
    output = .allocate(byteCount: 2 * bytes, alignment: StreamedFile.block)
    for index in output.indices { output[index] = UInt8(truncatingIfNeeded: index &* 167) }
  }

  deinit {
    input.deallocate()
    output.deallocate()
  }
}
