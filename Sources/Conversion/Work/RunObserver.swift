/// Where a run reports what it does. Called from several threads.
public protocol RunObserver: Sendable {
  /// A stage begins; `bytes` is its measure of progress.
  func began(_ stage: StageName, bytes: Int)
  /// `bytes` more are done, the last of them in `item`.
  func advanced(_ stage: StageName, bytes: Int, item: String)
  /// A stage has ended; `reused` when its receipt was valid and nothing was done.
  func ended(_ stage: StageName, reused: Bool)
  /// A fact that a person wants to know.
  func note(_ text: String)
}
