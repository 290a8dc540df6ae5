import Dispatch
import Digests
import Foundation
import Synchronization
import Workspace

/// Reads a weight file back, once, from front to back: its SHA-256, the tree digest of each part, and whether each span
/// is what was encoded.
struct WeightReader: Sendable {
  /// What was found.
  struct Result: Sendable {
    var sha256: SHA256Digest
    /// Of each part of the file, in the order of their bytes.
    var parts: [SHA256Digest]
    /// The first span that is not what was encoded.
    var firstDamaged: WeightSpan?
  }

  let file: StreamedFile
  let headerBytes: Int
  /// Bytes of each part, in the order of their offsets; they follow one another.
  let partBytes: [Int]
  let spans: [WeightSpan]
  let checksum: @Sendable (WeightSpan) -> Checksum128

  private static let blockBytes = 1 << 20
  private static let blocks = 4
  /// Bytes of buffers.
  static let memory = blocks * StreamedFile.windowBytes(blockBytes)

  /// - Parameters:
  ///   - threads: with two or more, the file's digest and those of its parts are computed side by side.
  ///   - advanced: told of each block's bytes.
  /// - Returns: nil when it was stopped.
  /// - Throws: `FileError`.
  func read(threads: Int, advanced: @escaping @Sendable (Int) -> Void) throws -> Result? {
    let ring = BlockRing(
      file, blockBytes: WeightReader.blockBytes, blocks: WeightReader.blocks, consumers: threads > 1 ? 2 : 1)
    let whole = OneThreads(SHA256Stream())
    let parts = OneThreads(PartDigester(self))
    let reader = Thread { ring.fill { StopSignal.shared.isRequested } }
    reader.start()
    if threads > 1 {
      let done = DispatchSemaphore(value: 0)
      let second = Thread {
        ring.consume(1) { block in parts.value.add(block) }
        done.signal()
      }
      second.start()
      ring.consume(0) { block in
        whole.value.update(block)
        advanced(block.count)
      }
      done.wait()
    } else {
      ring.consume(0) { block in
        whole.value.update(block)
        parts.value.add(block)
        advanced(block.count)
      }
    }
    if let failure = ring.failure { throw failure }
    guard ring.isComplete else { return nil }
    return Result(
      sha256: whole.value.finish(), parts: parts.value.digests, firstDamaged: parts.value.firstDamaged)
  }
}

/// What one thread changes and another reads after it has ended.
private final class OneThreads<Value>: @unchecked Sendable {
  var value: Value
  init(_ value: Value) { self.value = value }
}

/// Follows the parts and spans of a weight file as its bytes pass by.
private struct PartDigester {
  private(set) var digests: [SHA256Digest] = []
  private(set) var firstDamaged: WeightSpan?
  private let reader: WeightReader
  /// Bytes of the file that have passed.
  private var position = 0
  private var leaf = SHA256Stream()
  private var leafBytes = 0
  private var leaves: [SHA256Digest] = []
  /// Bytes of the current part that have passed.
  private var partBytes = 0
  private var span = 0
  private var spanBytes = 0
  private let spanSum = Checksum128Stream()

  init(_ reader: WeightReader) {
    self.reader = reader
    finishParts()
  }

  mutating func add(_ block: UnsafeRawBufferPointer) {
    let skipped = min(block.count, max(0, reader.headerBytes - position))
    position += block.count
    let data = UnsafeRawBufferPointer(rebasing: block[skipped...])
    addToLeaves(data)
    addToSpans(data)
  }

  private mutating func addToLeaves(_ data: UnsafeRawBufferPointer) {
    var at = 0
    while at < data.count, digests.count < reader.partBytes.count {
      let part = reader.partBytes[digests.count]
      let count = min(TreeDigest.leafBytes - leafBytes, part - partBytes, data.count - at)
      leaf.update(UnsafeRawBufferPointer(rebasing: data[at..<at + count]))
      at += count
      leafBytes += count
      partBytes += count
      if leafBytes == TreeDigest.leafBytes || partBytes == part {
        leaves.append(leaf.finish())
        (leaf, leafBytes) = (SHA256Stream(), 0)
      }
      finishParts()
    }
  }

  /// Ends the parts of which no byte is missing; there are some without any.
  private mutating func finishParts() {
    while digests.count < reader.partBytes.count, partBytes == reader.partBytes[digests.count] {
      digests.append(TreeDigest.of(leaves))
      (leaves, partBytes) = ([], 0)
    }
  }

  private mutating func addToSpans(_ data: UnsafeRawBufferPointer) {
    var at = 0
    while at < data.count, span < reader.spans.count {
      let current = reader.spans[span]
      let count = min(current.length - spanBytes, data.count - at)
      spanSum.update(UnsafeRawBufferPointer(rebasing: data[at..<at + count]))
      at += count
      spanBytes += count
      if spanBytes == current.length {
        if spanSum.finish() != reader.checksum(current), firstDamaged == nil { firstDamaged = current }
        (span, spanBytes) = (span + 1, 0)
      }
    }
  }
}

/// Blocks of a file on their way from one reading thread to one or two that use them.
private final class BlockRing: @unchecked Sendable {
  private let file: StreamedFile
  private let blockBytes: Int
  private let windows: [UnsafeMutableRawBufferPointer]
  /// What each window holds; written by the reader before `filled` says so.
  private var contents: [UnsafeRawBufferPointer]
  private let free: [DispatchSemaphore]
  private let filled: [DispatchSemaphore]
  private let state = Mutex((blocks: Int?.none, failure: (any Error)?.none, complete: false))

  init(_ file: StreamedFile, blockBytes: Int, blocks: Int, consumers: Int) {
    self.file = file
    self.blockBytes = blockBytes
    windows = (0..<blocks).map { _ in
      .allocate(byteCount: StreamedFile.windowBytes(blockBytes), alignment: StreamedFile.block)
    }
    contents = windows.map { UnsafeRawBufferPointer($0) }
    free = (0..<consumers).map { _ in DispatchSemaphore(value: 0) }
    filled = (0..<consumers).map { _ in DispatchSemaphore(value: 0) }
    for semaphore in free { for _ in 0..<blocks { semaphore.signal() } }
  }

  deinit { for window in windows { window.deallocate() } }

  var failure: (any Error)? { state.withLock { $0.failure } }
  /// Whether the file was read to its end.
  var isComplete: Bool { state.withLock { $0.complete } }

  /// Reads the file; for the reading thread.
  func fill(stop: () -> Bool) {
    var number = 0
    var offset = 0
    while offset < file.size, !stop() {
      for semaphore in free { semaphore.wait() }
      let count = min(blockBytes, file.size - offset)
      do {
        contents[number % windows.count] = UnsafeRawBufferPointer(
          try file.read(count, at: offset, into: windows[number % windows.count]))
      } catch {
        state.withLock { $0.failure = error }
        break
      }
      offset += count
      number += 1
      for semaphore in filled { semaphore.signal() }
    }
    state.withLock { [offset, number] state in
      state.blocks = number
      state.complete = offset >= file.size && state.failure == nil
    }
    for semaphore in filled { semaphore.signal() }
  }

  /// Calls `body` for each block; for one using thread.
  func consume(_ consumer: Int, _ body: (UnsafeRawBufferPointer) -> Void) {
    var number = 0
    while true {
      filled[consumer].wait()
      // After the last block comes one more signal.
      if state.withLock({ $0.blocks }) == number { return }
      body(contents[number % windows.count])
      number += 1
      free[consumer].signal()
    }
  }
}
