import Threads

/// One coder for each frame of a batch. A batch is worked on by several threads and then taken in order by one.
final class Coders: Sendable {
  private struct Slot: ~Copyable {
    let coder: FrameCoder
    var input = UnsafeRawBufferPointer(start: nil, count: 0)
    var output = UnsafeRawBufferPointer(start: nil, count: 0)
  }

  private final class Cell: Sendable {
    let slot: Guarded<Slot>
    init(_ coder: sending FrameCoder) { slot = Guarded(Slot(coder: coder)) }
  }

  private let cells: [Cell]

  init(count: Int) throws { cells = try (0..<count).map { _ in Cell(try FrameCoder()) } }

  /// Packs what `fill` puts into the coder's plain buffer; it returns how many bytes.
  func pack(_ index: Int, _ fill: (FrameCoder) throws -> Int) throws {
    try cells[index].slot.withLock { slot in
      let count = try fill(slot.coder)
      slot.output = try slot.coder.compress(count)
      slot.input = UnsafeRawBufferPointer(slot.coder.plainBuffer(count))
    }
  }

  /// Unpacks what `fill` puts into the coder's packed buffer; it returns how many bytes are to come out.
  func unpack(_ index: Int, packed count: Int, plain size: Int, _ fill: (UnsafeMutableRawBufferPointer) throws -> Void)
    throws
  {
    try cells[index].slot.withLock { slot in
      try fill(slot.coder.packedBuffer(count))
      slot.output = try slot.coder.decompress(count, to: size)
      slot.input = UnsafeRawBufferPointer(slot.coder.packedBuffer(count))
    }
  }

  /// What went into a frame and what came out of it.
  func withResult(_ index: Int, _ body: (UnsafeRawBufferPointer, UnsafeRawBufferPointer) throws -> Void) throws {
    try cells[index].slot.withLock { slot in try body(slot.input, slot.output) }
  }
}
