#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Waiting for other programs, which may never do their part: the reader of a pipe, the writer of another.
///
/// A handled signal does not end a system call, which the system begins anew. Such a call is therefore made only when it
/// need not wait, and it is here that a process waits.
extension StopSignal {
  /// What a descriptor is waited for.
  public enum Readiness: Sendable { case reading, writing }

  /// Bytes that a stream which is ready takes without waiting, whatever it is.
  #if canImport(Darwin)
    public static let bytesAtOnce = 512
  #else
    public static let bytesAtOnce = 4096
  #endif

  /// Waits until a descriptor has bytes, or takes some; also one that is broken, whose error the call itself reports.
  /// - Returns: false when it is not ready and a stop was asked for: a process that is to end waits for nobody.
  public func wait(for descriptor: Int32, _ readiness: Readiness) -> Bool {
    let events = Int16(readiness == .reading ? POLLIN : POLLOUT)
    while true {
      // Asked first: a signal that comes after it is seen in the next round.
      let isLast = isRequested
      var entry = pollfd(fd: descriptor, events: events, revents: 0)
      let count = poll(&entry, 1, isLast ? 0 : StopSignal.round)
      if count > 0 || (count < 0 && errno != EINTR) { return true }
      if isLast { return false }
    }
  }

  /// Waits a moment for what cannot be waited for.
  /// - Returns: false when a stop was asked for.
  public func waitAMoment() -> Bool {
    guard !isRequested else { return false }
    _ = poll(nil, 0, StopSignal.round)
    return !isRequested
  }

  /// Waits for so long.
  /// - Returns: false when a stop was asked for; then it waited shorter.
  public func wait(milliseconds: Int) -> Bool {
    var left = milliseconds
    while left > 0, !isRequested {
      let now = min(left, Int(StopSignal.round))
      _ = poll(nil, 0, Int32(now))
      left -= now
    }
    return !isRequested
  }

  /// How long a signal that reached another thread may stay unseen, milliseconds.
  private static let round: Int32 = 50
}
