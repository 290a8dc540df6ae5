import Synchronization

/// One slot a piece of work, filled by whichever thread does it.
final class Results<Value: Sendable>: Sendable {
  private let slots: Mutex<[Value]>

  init(_ count: Int, _ initial: Value) { slots = Mutex(Array(repeating: initial, count: count)) }

  func set(_ index: Int, _ value: Value) { slots.withLock { $0[index] = value } }

  var all: [Value] { slots.withLock { $0 } }
}
