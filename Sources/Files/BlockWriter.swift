import Threads

/// Writes pieces of a file from several threads, in any order, in whole storage blocks: of a block that pieces share, the
/// one that comes last writes all of it. Otherwise both edges of each piece would go through the system's cache, one
/// small write each, and keep the direct writes of the others waiting.
public final class BlockWriter: Sendable {
  /// A block of which some bytes are missing.
  private struct Block {
    var bytes = [UInt8](repeating: 0, count: PosixFile.block)
    /// Ranges of the block that are there.
    var pieces: [Range<Int>] = []
    var count: Int { pieces.reduce(0) { $0 + $1.count } }
  }

  private struct State {
    /// Blocks by number.
    var blocks: [Int: Block] = [:]
    /// Writes under way that hold others' bytes.
    var borrowed = 0
  }

  private let file: PosixFile
  private let size: Int
  private let state = Monitor(State())

  /// - Parameters:
  ///   - file: opened for direct writing; any other is written plainly.
  ///   - size: bytes of the file when it is whole.
  public init(_ file: PosixFile, size: Int) {
    self.file = file
    self.size = size
  }

  /// Writes `bytes` at `offset`, but for those in blocks whose other bytes are not known yet; see ``settle()``.
  /// - Parameters:
  ///   - bytes: begin at an address that equals `offset` modulo ``PosixFile/block``; the whole blocks of memory that
  ///     they touch are the caller's, and what surrounds `bytes` there is overwritten.
  ///   - offset: bytes from the beginning of the file.
  public func write(_ bytes: UnsafeMutableRawBufferPointer, at offset: Int) throws(StorageError) {
    guard file.isDirect, let base = bytes.baseAddress, !bytes.isEmpty else {
      return try file.write(UnsafeRawBufferPointer(bytes), at: offset)
    }
    let end = offset + bytes.count
    let (first, last) = (offset / PosixFile.block, (end - 1) / PosixFile.block)
    // What is written now, as offsets in the file.
    var range = offset..<end
    var borrows = false
    state.change { state in
      for block in first == last ? [first] : [first, last] {
        let whole = block * PosixFile.block..<min((block + 1) * PosixFile.block, size)
        let own = range.clamped(to: whole)
        guard own != whole else { continue }
        let room = UnsafeMutableRawBufferPointer(start: base + (whole.lowerBound - offset), count: whole.count)
        if complete(block, own, whole, room, &state) {
          borrows = true
          range = min(range.lowerBound, whole.lowerBound)..<max(range.upperBound, whole.upperBound)
        } else if own.lowerBound == range.lowerBound {
          range = own.upperBound..<range.upperBound
        } else {
          range = range.lowerBound..<own.lowerBound
        }
      }
      if borrows { state.borrowed += 1 }
    }
    defer { if borrows { state.change { $0.borrowed -= 1 } } }
    if !range.isEmpty {
      try file.write(
        UnsafeRawBufferPointer(start: base + (range.lowerBound - offset), count: range.count), at: range.lowerBound)
    }
  }

  /// Writes `bytes` at `offset`, as ``write(_:at:)`` does.
  public func write(_ bytes: [UInt8], at offset: Int) throws(StorageError) {
    let phase = offset % PosixFile.block
    let room = UnsafeMutableRawBufferPointer.allocate(
      byteCount: phase + bytes.count + PosixFile.block, alignment: PosixFile.block)
    defer { room.deallocate() }
    let place = UnsafeMutableRawBufferPointer(rebasing: room[phase..<phase + bytes.count])
    place.copyBytes(from: bytes)
    try write(place, at: offset)
  }

  /// Fills `room` with the others' bytes when nothing else of the block is missing; otherwise keeps what it holds.
  /// - Returns: whether the block is whole.
  private func complete(
    _ number: Int, _ own: Range<Int>, _ whole: Range<Int>, _ room: UnsafeMutableRawBufferPointer, _ state: inout State
  ) -> Bool {
    let piece = own.lowerBound - whole.lowerBound..<own.upperBound - whole.lowerBound
    var block = state.blocks[number] ?? Block()
    if block.count + piece.count == whole.count {
      block.bytes.withUnsafeBytes { bytes in
        for other in block.pieces {
          UnsafeMutableRawBufferPointer(rebasing: room[other])
            .copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[other]))
        }
      }
      state.blocks[number] = nil
      return true
    }
    block.bytes.withUnsafeMutableBytes { bytes in
      UnsafeMutableRawBufferPointer(rebasing: bytes[piece])
        .copyMemory(from: UnsafeRawBufferPointer(rebasing: room[piece]))
    }
    block.pieces.append(piece)
    state.blocks[number] = block
    return false
  }

  /// Writes what waits for the rest of its block, so that everything written so far is in the file.
  public func settle() throws(StorageError) {
    try state.wait { (state: inout State) throws(StorageError) -> Bool? in
      guard state.borrowed == 0 else { return nil }
      // Written under the lock: a block that is completed meanwhile must not be overwritten by its older part.
      for (number, block) in state.blocks.sorted(by: { $0.key < $1.key }) {
        for piece in block.pieces {
          try file.write(Array(block.bytes[piece]), at: number * PosixFile.block + piece.lowerBound)
        }
      }
      return true
    }
  }
}
