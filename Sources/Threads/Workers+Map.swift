extension Workers {
  /// Calls `body` for each index below `count`, as ``forEach(count:threads:startedBy:stop:body:)`` does.
  /// - Returns: what the calls returned, in the order of the indices.
  /// - Throws: the error of the lowest index among the calls that threw.
  public static func map<Value: Sendable>(
    count: Int, threads: Int, body: @escaping @Sendable (_ index: Int, _ worker: Int) throws -> Value
  ) throws -> [Value] {
    let slots = Slots<Value>(count)
    _ = try forEach(count: count, threads: threads) { index, worker in
      slots.set(index, try body(index, worker))
    }
    return slots.all
  }

  /// One slot for each index, filled by whichever thread does it.
  private final class Slots<Value: Sendable>: Sendable {
    private let values: Guarded<[Value?]>

    init(_ count: Int) { values = Guarded(Array(repeating: nil, count: count)) }

    func set(_ index: Int, _ value: Value) { values.withLock { $0[index] = value } }

    /// All of them, once each is filled.
    var all: [Value] { values.withLock { $0.compactMap { $0 } } }
  }
}
