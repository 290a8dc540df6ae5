/// A batched engine at one moment.
public struct BatchStatus: Sendable, Hashable {
  /// Sequences that run.
  public var running = 0
  /// Sequences that wait to be admitted.
  public var waiting = 0
  /// Bytes that are reserved for those that run.
  public var reservedBytes = 0
  /// Bytes of beginnings that are kept beside them.
  public var cachedBytes = 0
  /// Bytes that may be, of both.
  public var memoryBytes = 0
  /// What was done so far.
  public var counts = BatchCounts()
}
