import Diagnostics
import Inference

/// A sequence as a batch takes it: how its decoding begins, what it needs, and who is told of it.
package struct SequenceJob {
  /// What is told of it: `started`, tokens of steps, one of the ends.
  package enum Event {
    case started
    case tokens([Int])
    case finished(Decoding)
    /// Nil when it was never admitted.
    case cancelled(Decoding?)
    case failed(any CambiumError)
  }

  /// The number that tells it from others; two that are in a batch at once have different ones.
  package let number: Int
  /// Positions that its caches have room for.
  package let positions: Int
  /// What is reserved for it.
  package let memory: SequenceMemory
  /// The key by which its beginning may be known and is kept; nil for one that shares nothing.
  package let prefix: PrefixKey?
  /// Makes its decoding.
  package let start: (DecodingSession) throws -> Decoding
  /// Whether it was cancelled.
  package let isCancelled: () -> Bool
  /// Called on the thread of the steps.
  package let deliver: (Event) -> Void

  /// The members.
  package init(
    number: Int, positions: Int, memory: SequenceMemory, prefix: PrefixKey? = nil,
    start: @escaping (DecodingSession) throws -> Decoding,
    isCancelled: @escaping () -> Bool = { false }, deliver: @escaping (Event) -> Void
  ) {
    self.number = number
    self.positions = positions
    self.memory = memory
    self.prefix = prefix
    self.start = start
    self.isCancelled = isCancelled
    self.deliver = deliver
  }
}
