/// How far a check is.
public struct CheckProgress: Sendable, Equatable {
  /// What is done: decodings of the package, or of its source.
  public enum Work: String, Sendable {
    case package = "decoding"
    case source = "source, decoding"
  }

  /// What is done.
  public let work: Work
  /// How many decodings there are now, the last of them in ``item``; 0 when they begin.
  public let done: Int
  /// How many there will be.
  public let total: Int
  /// The prompt, and the way of decoding.
  public let item: String

  init(_ work: Work, _ done: Int, of total: Int, _ item: String) {
    self.work = work
    self.done = done
    self.total = total
    self.item = item
  }
}
