/// A value that threads change in turn, and on whose changes they wait.
public final class Monitor<State>: @unchecked Sendable {
  private var state: State
  private let condition = Condition()

  /// - Parameter state: What the lock protects.
  public init(_ state: sending State) { self.state = state }

  /// Calls `body` with the value, alone, and wakes all that wait. It must not come back to the same monitor.
  /// - Throws: what `body` throws.
  @discardableResult public func change<Result, Failure: Error>(
    _ body: (inout State) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    condition.lock()
    defer {
      condition.wakeAll()
      condition.unlock()
    }
    return try body(&state)
  }

  /// Calls `body` with the value, alone.
  public func look<Result>(_ body: (State) -> Result) -> Result {
    condition.lock()
    defer { condition.unlock() }
    return body(state)
  }

  /// Calls `body` with the value, alone, now and after each change, until it answers.
  /// - Returns: its answer.
  /// - Throws: what `body` throws.
  @discardableResult public func wait<Result, Failure: Error>(
    for body: (inout State) throws(Failure) -> Result?
  ) throws(Failure) -> Result {
    condition.lock()
    defer { condition.unlock() }
    while true {
      if let result = try body(&state) { return result }
      condition.wait()
    }
  }
}
