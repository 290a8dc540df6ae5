/// Hears how far a piece of work is, from whichever thread does it.
public protocol WorkObserver: Sendable {
  /// A piece begins. What came before it is over.
  /// - Parameters:
  ///   - work: What is done, in a word or two.
  ///   - total: How much there is to do.
  ///   - unit: The unit of the amounts.
  func began(_ work: String, total: Int, _ unit: WorkUnit)
  /// Called when so much more is done, the last of it in `item`.
  func advanced(by amount: Int, item: String)
}

/// What work is counted in.
public enum WorkUnit: Sendable {
  /// Bytes that are read or written.
  case bytes
  /// Things that are done one after the other.
  case steps
  /// An amount that says nothing to people; only its share does.
  case share
}

/// Hears, and says nothing.
public struct SilentWork: WorkObserver {
  public init() {}
  public func began(_ work: String, total: Int, _ unit: WorkUnit) {}
  public func advanced(by amount: Int, item: String) {}
}
