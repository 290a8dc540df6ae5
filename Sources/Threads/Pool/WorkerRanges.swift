import Synchronization

/// The pieces of a run that each worker still has before it.
///
/// Every worker begins with its own run of consecutive pieces and takes them in order, so that it reads memory as one
/// stream: pieces dealt out in turn make each thread start anew after every piece, which cost a tenth of the speed.
/// A worker without pieces takes the second half of what the one with the most still has.
package final class WorkerRanges: @unchecked Sendable {
  /// Pieces that a run may have.
  static let largest = Int(UInt32.max)
  /// Atomics are so many apart that no two share a cache line, nor a pair of lines.
  private static let spacing = 16

  private let workers: Int
  /// The range of each worker: the next piece in the high half, the end in the low half; empty where they are equal.
  /// In a run no range comes twice, so a compare-and-swap cannot mistake one for another.
  private let ranges: UnsafeMutablePointer<Atomic<UInt64>>

  /// - Parameter workers: How many workers share the pieces.
  package init(workers: Int) {
    self.workers = workers
    ranges = .allocate(capacity: workers * WorkerRanges.spacing)
    for index in 0..<workers * WorkerRanges.spacing { (ranges + index).initialize(to: Atomic(0)) }
  }

  deinit {
    ranges.deinitialize(count: workers * WorkerRanges.spacing)
    ranges.deallocate()
  }

  /// Deals out pieces 0 ..< count (at most `largest`), while no worker takes any.
  package func deal(_ count: Int) {
    for worker in 0..<workers {
      let range = WorkerRanges.packed(count * worker / workers, count * (worker + 1) / workers)
      self[worker].pointee.store(range, ordering: .relaxed)
    }
  }

  /// The next piece for a worker; nil when all are taken.
  package func take(_ worker: Int) -> Int? {
    var current = self[worker].pointee.load(ordering: .relaxed)
    while true {
      let (next, end) = WorkerRanges.unpacked(current)
      if next == end { return takeOver(worker) }
      let result = self[worker].pointee.compareExchange(
        expected: current, desired: WorkerRanges.packed(next + 1, end), ordering: .relaxed)
      if result.exchanged { return next }
      current = result.original
    }
  }

  /// Makes the second half of the longest range the worker's own, except for its first piece, which is the result.
  private func takeOver(_ worker: Int) -> Int? {
    while true {
      var (most, victim, seen) = (0, worker, UInt64(0))
      for other in 0..<workers where other != worker {
        let range = self[other].pointee.load(ordering: .relaxed)
        let (next, end) = WorkerRanges.unpacked(range)
        if end - next > most { (most, victim, seen) = (end - next, other, range) }
      }
      guard most > 0 else { return nil }
      let (next, end) = WorkerRanges.unpacked(seen)
      let middle = next + most / 2
      let result = self[victim].pointee.compareExchange(
        expected: seen, desired: WorkerRanges.packed(next, middle), ordering: .relaxed)
      guard result.exchanged else { continue }
      // Its own range is empty, and nobody takes from an empty one.
      self[worker].pointee.store(WorkerRanges.packed(middle + 1, end), ordering: .relaxed)
      return middle
    }
  }

  private subscript(_ worker: Int) -> UnsafeMutablePointer<Atomic<UInt64>> { ranges + worker * WorkerRanges.spacing }

  private static func packed(_ next: Int, _ end: Int) -> UInt64 { UInt64(next) << 32 | UInt64(end) }
  private static func unpacked(_ range: UInt64) -> (next: Int, end: Int) {
    (Int(range >> 32), Int(range & 0xFFFF_FFFF))
  }
}
