import Synchronization

/// Where a helper of a pool works on a piece of ``DetachableWork``, apart from the memory of the result, so that the caller can
/// go on without it: a helper whose core is another program's for some milliseconds would keep the caller waiting for a piece
/// of a few microseconds.
///
/// The helper begins a piece, computes it here, and claims the right to put it in its place. The caller may take the piece
/// back as long as that right is not claimed, and does it itself. Whichever comes first decides, by one compare-and-swap.
package final class HelperDesk: @unchecked Sendable {
  private static let idle: UInt64 = 0
  private static let computing: UInt64 = 1
  private static let placing: UInt64 = 2

  /// Idle, or the number of the run with what is done in it: a number has its lowest bits free.
  private let state = Atomic<UInt64>(HelperDesk.idle)
  /// The piece, which the helper writes before it computes.
  private var piece = 0
  /// The helper's alone.
  private var memory = UnsafeMutableRawBufferPointer(start: nil, count: 0)

  /// A desk without work.
  package init() {}

  deinit { memory.deallocate() }

  /// Memory for results apart, at the beginning of a cache line. Called by the helper.
  package func memory(bytes: Int) -> UnsafeMutableRawPointer {
    if let base = memory.baseAddress, memory.count >= bytes { return base }
    memory.deallocate()
    let base = UnsafeMutableRawPointer.allocate(byteCount: max(64, bytes), alignment: 64)
    memory = UnsafeMutableRawBufferPointer(start: base, count: max(64, bytes))
    return base
  }

  /// Called by the helper.
  package func begin(_ piece: Int, run: UInt64) {
    self.piece = piece
    state.store(run | Self.computing, ordering: .releasing)
  }

  /// Whether the piece may be put in its place; if not, the caller has taken it back, and the helper must not touch the run
  /// again. Called by the helper.
  package func claim(run: UInt64) -> Bool {
    state.compareExchange(
      expected: run | Self.computing, desired: run | Self.placing, ordering: .acquiringAndReleasing
    ).exchanged
  }

  /// The piece is in its place. Called by the helper.
  package func end() { state.store(Self.idle, ordering: .releasing) }

  /// Takes back the piece that the helper computes; nil when there is none, or it is just being put in its place. Called by
  /// the caller.
  package func takeBack(run: UInt64) -> Int? {
    let result = state.compareExchange(
      expected: run | Self.computing, desired: Self.idle, ordering: .acquiringAndReleasing)
    return result.exchanged ? piece : nil
  }
}
