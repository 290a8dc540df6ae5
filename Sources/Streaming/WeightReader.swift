import Digests
import Files
import Planning
import Threads
import SystemPackage

/// Reads a weight file back, once, from front to back: its SHA-256, the tree digest of each part, and whether each span
/// is what was encoded, and its header the planned one.
struct WeightReader: Sendable {
  /// What was found.
  struct Result: Sendable {
    var sha256: SHA256Digest
    /// The digest of each part of the file, in the order of their bytes.
    var parts: [SHA256Digest]
    /// Whether the header is the planned one.
    var hasPlannedHeader = true
    /// The first span that is not what was encoded.
    var firstDamaged: WeightSpan?
  }

  let file: StreamedFile
  let header: [UInt8]
  /// Bytes of each part, in the order of their offsets; they follow one another.
  let partBytes: [Int]
  let spans: [WeightSpan]
  /// The checksum of what was encoded.
  let checksum: @Sendable (WeightSpan) -> Checksum128?

  /// Bytes that are read at a time.
  let blockBytes: Int

  private static let blocks = 4

  /// Bytes to read at a time in a memory budget of which little is for reading back.
  static func blockBytes(budget: Int) -> Int { min(max(budget / 64, 16 << 10), 1 << 20) }

  /// Bytes of buffers.
  static func memory(blockBytes: Int) -> Int { blocks * StreamedFile.windowBytes(blockBytes) }

  /// What reads a weight file of a plan back.
  /// - Parameters:
  ///   - path: where the file is.
  ///   - record: what is known of a unit that is written.
  init(
    _ number: Int, of plan: Plan, _ spans: WeightSpans, at path: FilePath, blockBytes: Int,
    _ record: @escaping @Sendable (Int) -> UnitRecord?
  ) throws {
    file = try StreamedFile(path: path)
    header = plan.weights[number].header
    partBytes = plan.partsByOffset(number).map(\.bytes)
    self.spans = spans.files[number]
    checksum = { record($0.unit)?.pieces[$0.piece].checksums[$0.part] }
    self.blockBytes = blockBytes
  }

  /// - Parameters:
  ///   - isReadable: called before each block with the end of its bytes; waits until they are there, and answers false
  ///     when the rest need not be read.
  ///   - advanced: told of each block's bytes.
  /// - Returns: nil when `isReadable` said so.
  /// - Throws: `FileError`; `ThreadError`; what `isReadable` throws.
  func read(await isReadable: @escaping @Sendable (Int) throws -> Bool, advanced: (Int) -> Void) throws -> Result? {
    let ring = BlockRing(file, blockBytes: blockBytes, blocks: WeightReader.blocks, users: 2)
    let whole = Guarded(SHA256Stream())
    // The digest of the whole file is a chain and takes longest: it has a thread for itself.
    let others = try SpawnedThread.all(
      [
        ("digest", { ring.consume(as: 0) { block in whole.withLock { $0.update(block) } } }),
        ("read-back", { ring.fill(await: isReadable) }),
      ], orElse: ring.abandon)
    var digester = PartDigester(self)
    ring.consume(as: 1) { block in
      digester.add(block)
      advanced(block.count)
    }
    others.forEach { $0.wait() }
    if let failure = ring.failure { throw failure }
    guard ring.isComplete else { return nil }
    return Result(
      sha256: whole.withLock { $0.finish() }, parts: digester.digests, hasPlannedHeader: digester.hasPlannedHeader,
      firstDamaged: digester.firstDamaged)
  }
}

/// Digests the parts of a weight file, and compares its header and spans, as its bytes pass by.
private struct PartDigester {
  private(set) var digests: [SHA256Digest] = []
  private(set) var hasPlannedHeader = true
  private(set) var firstDamaged: WeightSpan?
  private let reader: WeightReader
  /// Bytes of the file that have passed.
  private var position = 0
  private var leaf = LeafStream()
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
    let header = reader.header.dropFirst(position).prefix(block.count)
    if !block.starts(with: header) { hasPlannedHeader = false }
    position += block.count
    let data = UnsafeRawBufferPointer(rebasing: block[header.count...])
    addToLeaves(data)
    addToSpans(data)
  }

  private mutating func addToLeaves(_ data: UnsafeRawBufferPointer) {
    var at = 0
    while at < data.count, digests.count < reader.partBytes.count {
      let part = reader.partBytes[digests.count]
      let count = min(TreeDigest.leafBytes - leafBytes, part - partBytes, data.count - at)
      let bytes = UnsafeRawBufferPointer(rebasing: data[at..<at + count])
      leaf.update(bytes)
      at += count
      leafBytes += count
      partBytes += count
      if leafBytes == TreeDigest.leafBytes || partBytes == part {
        leaves.append(leaf.finish())
        (leaf, leafBytes) = (LeafStream(), 0)
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
