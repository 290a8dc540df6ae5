import Synchronization

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The order that `CAMBIUM_CRASH_AT=<point>:<n>` states: die at the n-th pass of a point, or stop there.
private struct CrashOrder: ~Copyable, Sendable {
  let point: String
  let pass: Int
  /// Whether the process only stops, until somebody sends it SIGCONT.
  let onlyStops: Bool
  let count = Atomic<Int>(0)

  init?(_ text: String?) {
    guard let parts = text?.split(separator: ":"), (2...3).contains(parts.count), let pass = Int(parts[1]), pass > 0,
      parts.count == 2 || parts[2] == "stop"
    else { return nil }
    point = String(parts[0])
    onlyStops = parts.count == 3
    self.pass = pass
  }
}

/// Read once, at the first pass of any point.
private let crashOrder = CrashOrder(getenv("CAMBIUM_CRASH_AT").map { String(cString: $0) })

/// A place where a crash test can kill the process: with `CAMBIUM_CRASH_AT=<name>:<n>` in the environment, the n-th
/// pass of the points called `name` is SIGKILL; with `<name>:<n>:stop` it is SIGSTOP, which holds the process there for a
/// test to do something at that moment. Without it a pass costs one comparison.
///
/// The primitives of this module pass their points, `write`, `fsync`, `rename`, `remove` and `journal`, once before and
/// once after the operation: odd passes die before it, even ones after it. `CAMBIUM_POWER_LOSS` adds what a power cut
/// does: see `PowerLoss`. Both are for tests alone.
public func crashPoint(_ name: StaticString) {
  switch crashOrder {
  case .none: return
  case .some(let order):
    guard order.point == name.description, order.count.add(1, ordering: .relaxed).newValue == order.pass else { return }
    guard !order.onlyStops else {
      kill(getpid(), SIGSTOP)
      return
    }
    PowerLoss.shared?.strike()
    kill(getpid(), SIGKILL)
  }
}
