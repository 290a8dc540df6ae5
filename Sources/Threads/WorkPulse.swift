/// The sign of life of a thread that works in steps: how long it has finished none, though there is work. Safe from any
/// thread.
public final class WorkPulse: Sendable {
  private struct State {
    var isBusy = false
    /// Whether what runs has no steps, and takes as long as it takes.
    var isPaused = false
    /// When the last step was done, or the work of a thread that had none began.
    var last = Duration.zero
  }

  private let state = Guarded(State())
  private let now: @Sendable () -> Duration

  /// - Parameter now: The time since any moment.
  public init(now: @escaping @Sendable () -> Duration = WorkPulse.clock()) { self.now = now }

  /// The time since this call.
  public static func clock() -> @Sendable () -> Duration {
    let clock = ContinuousClock()
    let start = clock.now
    return { start.duration(to: clock.now) }
  }

  /// Notes that there is work. Without effect where there was some already.
  public func begin() {
    let time = now()
    state.withLock { state in
      if !state.isBusy { state.last = time }
      state.isBusy = true
    }
  }

  /// What comes next has no steps: until one is done, nothing is known of the thread.
  public func pause() { state.withLock { $0.isPaused = true } }

  /// A step is done.
  /// - Parameter isBusy: Whether there is more work.
  public func beat(isBusy: Bool) {
    let time = now()
    state.withLock { $0 = State(isBusy: isBusy, last: time) }
  }

  /// How long no step was done, though there is work; nil for a thread that has none, or of which nothing is known.
  public var standstill: Duration? {
    let time = now()
    return state.withLock { $0.isBusy && !$0.isPaused ? max(.zero, time - $0.last) : nil }
  }
}
