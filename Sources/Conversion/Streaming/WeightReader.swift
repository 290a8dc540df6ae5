import Digests
import Foundation

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
  /// Of what was encoded.
  let checksum: @Sendable (WeightSpan) -> Checksum128?

  /// Bytes that are read at a time.
  let blockBytes: Int

  private static let blocks = 4

  /// Bytes to read at a time in a memory budget of which little is for reading back.
  static func blockBytes(budget: Int) -> Int { min(max(budget / 64, 16 << 10), 1 << 20) }

  /// Bytes of buffers.
  static func memory(blockBytes: Int) -> Int { blocks * StreamedFile.windowBytes(blockBytes) }

  /// - Parameters:
  ///   - stop: answers true when the rest need not be read.
  ///   - advanced: told of each block's bytes.
  /// - Returns: nil when `stop` said so.
  /// - Throws: `FileError`.
  func read(stop: @escaping @Sendable () -> Bool, advanced: (Int) -> Void) throws -> Result? {
    let ring = BlockRing(file, blockBytes: blockBytes, blocks: WeightReader.blocks)
    let reading = Thread { ring.fill(until: stop) }
    reading.start()
    var digester = WeightDigester(self)
    ring.consume { block in
      digester.add(block)
      advanced(block.count)
    }
    if let failure = ring.failure { throw failure }
    guard ring.isComplete else { return nil }
    return digester.result
  }
}

/// Digests a weight file, its parts and spans as its bytes pass by.
private struct WeightDigester {
  private var digests: [SHA256Digest] = []
  private var firstDamaged: WeightSpan?
  private var whole = SHA256Stream()
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

  var result: WeightReader.Result {
    WeightReader.Result(sha256: whole.finish(), parts: digests, firstDamaged: firstDamaged)
  }

  mutating func add(_ block: UnsafeRawBufferPointer) {
    let skipped = min(block.count, max(0, reader.headerBytes - position))
    position += block.count
    whole.update(UnsafeRawBufferPointer(rebasing: block[..<skipped]))
    let data = UnsafeRawBufferPointer(rebasing: block[skipped...])
    addToLeaves(data)
    addToSpans(data)
  }

  /// Adds to the digest of the file and to those of the leaves, in turn: the processor does both in less time than one
  /// after the other.
  private mutating func addToLeaves(_ data: UnsafeRawBufferPointer) {
    var at = 0
    while at < data.count, digests.count < reader.partBytes.count {
      let part = reader.partBytes[digests.count]
      let count = min(TreeDigest.leafBytes - leafBytes, part - partBytes, data.count - at)
      let bytes = UnsafeRawBufferPointer(rebasing: data[at..<at + count])
      SHA256Stream.update(&whole, bytes, &leaf, bytes)
      at += count
      leafBytes += count
      partBytes += count
      if leafBytes == TreeDigest.leafBytes || partBytes == part {
        leaves.append(leaf.finish())
        (leaf, leafBytes) = (SHA256Stream(), 0)
      }
      finishParts()
    }
    whole.update(UnsafeRawBufferPointer(rebasing: data[at...]))
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
