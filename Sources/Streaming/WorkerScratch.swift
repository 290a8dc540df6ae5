import Files

/// The buffers of one worker, allocated once: memory touched for the first time costs as much as a copy of it.
final class WorkerScratch: @unchecked Sendable {
  /// For what is read at a time.
  let window: UnsafeMutableRawBufferPointer
  let spare: UnsafeMutableRawBufferPointer
  /// The scales of the FP8 matrix that was decoded last.
  var float8Scales: (tensor: String, segment: Int, bytes: [UInt8])?
  /// What is needed to decode the grouped codes that were decoded last.
  var groupedParameters: (tensor: String, segment: Int, parameters: GroupedCodeParameters)?
  let delta: DeltaScratch
  private let output: UnsafeMutableRawBufferPointer

  /// Each worker uses only its own, which is why sharing the list of them between threads is safe.
  init(_ memory: MemoryPlan) {
    window = .allocate(byteCount: memory.windowBytes, alignment: PosixFile.block)
    output = .allocate(byteCount: memory.outputBytes, alignment: PosixFile.block)
    delta = DeltaScratch(memory.deltaRoom)
    spare = .allocate(byteCount: max(64, memory.spareBytes), alignment: 64)
  }

  deinit {
    window.deallocate()
    output.deallocate()
    spare.deallocate()
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
