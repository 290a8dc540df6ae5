import Files

/// The buffers of one worker, allocated once: memory touched for the first time costs as much as a copy of it.
final class WorkerScratch: @unchecked Sendable {
  /// The buffer for what is read at a time.
  let window: UnsafeMutableRawBufferPointer
  let spare: UnsafeMutableRawBufferPointer
  /// The scales of the FP8 matrix that was decoded last.
  var float8Scales: (tensor: String, segment: Int, bytes: [UInt8])?
  /// What is needed to decode the grouped codes that were decoded last.
  var groupedParameters: (tensor: String, segment: Int, parameters: GroupedCodeParameters)?
  let delta: DeltaScratch
  private let output: UnsafeMutableRawBufferPointer
  /// The buffer for a unit whose bytes are elsewhere.
  private let ahead: UnsafeMutableRawBufferPointer
  /// The unit that is in it.
  private var unitAhead: (shard: Int, offset: Int)?

  /// Each worker uses only its own, which is why sharing the list of them between threads is safe.
  init(_ memory: MemoryPlan) {
    window = .allocate(byteCount: memory.windowBytes, alignment: PosixFile.block)
    output = .allocate(byteCount: memory.outputBytes, alignment: PosixFile.block)
    ahead = .allocate(byteCount: max(64, memory.aheadBytes), alignment: 64)
    delta = DeltaScratch(memory.deltaRoom)
    spare = .allocate(byteCount: max(64, memory.spareBytes), alignment: 64)
  }

  deinit {
    window.deallocate()
    output.deallocate()
    spare.deallocate()
    ahead.deallocate()
  }

  /// All bytes of a unit, read by `read` unless it was the last that was read.
  func ahead(
    _ unit: Unit, _ read: (UnsafeMutableRawBufferPointer) throws -> Void
  ) throws -> UnsafeMutableRawBufferPointer {
    let bytes = UnsafeMutableRawBufferPointer(rebasing: ahead[0..<unit.length])
    if let last = unitAhead, last == (unit.shard, unit.offset) { return bytes }
    unitAhead = nil
    try read(bytes)
    unitAhead = (unit.shard, unit.offset)
    return bytes
  }

  /// Room for the parts of a unit's pieces. Each begins at an address that equals its place in the file modulo a storage
  /// block, and has the blocks that it touches for itself, as ``BlockWriter`` wants it.
  func outputs(_ parts: [(bytes: Int, offset: Int)]) -> [UnsafeMutableRawBufferPointer] {
    var end = 0
    return parts.map { part in
      let block = PosixFile.block
      let begin = (end + block - 1) / block * block + part.offset % block
      end = begin + part.bytes
      return UnsafeMutableRawBufferPointer(rebasing: output[begin..<end])
    }
  }
}
