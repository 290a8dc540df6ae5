import Synchronization

/// Decides when a helper of a pool sits out, because another program holds its core.
///
/// A helper that is preempted with a piece in hand keeps the caller waiting for the rest of the other program's turn, some
/// milliseconds, and would do so again and again. The caller alone is faster than that. So such a helper rests, and comes
/// back to see whether it has the core to itself again; when it has not, it rests twice as long. A virtual machine takes a core
/// away for some milliseconds now and then: such a rest alone is short. Results never depend on it.
package final class HelperRest: Sendable {
  /// Nanoseconds of the first rest, and of the longest.
  package static let first: UInt64 = 4_000_000
  /// Nanoseconds of the longest rest.
  package static let longest: UInt64 = 160_000_000
  /// Nanoseconds of work after a rest after which it is forgotten: some turns of another program.
  package static let memory: UInt64 = 50_000_000

  /// Whether the helper has work in hand.
  let isInside = Atomic<Bool>(false)
  /// Moment at which the last rest ends, and how long it is.
  private let end = Atomic<UInt64>(0)
  private let length = Atomic<UInt64>(0)

  /// A helper that has not waited yet.
  package init() {}

  /// Nanoseconds that are left of a rest; 0 when there is none.
  package func left(at now: UInt64) -> UInt64 {
    let end = end.load(ordering: .relaxed)
    return end > now ? end - now : 0
  }

  /// Called by the caller who had to wait.
  package func begin(at now: UInt64) {
    let last = length.load(ordering: .relaxed)
    let isAgain = last > 0 && now < end.load(ordering: .relaxed) &+ HelperRest.memory
    let next = isAgain ? min(2 * last, HelperRest.longest) : HelperRest.first
    length.store(next, ordering: .relaxed)
    end.store(now + next, ordering: .relaxed)
  }
}
