/// Elements on their way from one thread to others, each of which receives all of them in their order. A sender waits
/// while a receiver lags by `capacity` elements.
///
/// Everything is under one lock, the slots too: a receiver takes its own reference to an element.
public final class Channel<Element: Sendable>: Sendable {
  private struct State {
    /// Made once; an element's slot is its number modulo their count.
    var slots: [Element?]
    var sent = 0
    /// How many elements each receiver has done with.
    var received: [Int]
    /// Nothing more comes.
    var isClosed = false
    /// Nobody receives any more.
    var isCancelled = false

    var hasRoom: Bool { sent - (received.min() ?? sent) < slots.count }
  }

  private let state: Monitor<State>
  /// Most elements that wait.
  public let capacity: Int

  /// - Parameters:
  ///   - capacity: at least 1.
  ///   - receivers: at least 1; they are numbered from 0.
  public init(capacity: Int, receivers: Int) {
    self.capacity = max(1, capacity)
    state = Monitor(
      State(
        slots: Array(repeating: nil, count: max(1, capacity)), received: Array(repeating: 0, count: max(1, receivers))))
  }

  /// Waits until one more element has room.
  /// - Returns: the number of its slot, below ``capacity``, which no receiver looks at any more; nil after ``cancel()``.
  public func room() -> Int? {
    let slot: Int = state.wait { state in
      if state.isCancelled { return -1 }
      return state.hasRoom ? state.sent % state.slots.count : nil
    }
    return slot < 0 ? nil : slot
  }

  /// Sends an element, as soon as there is room. For one thread.
  /// - Returns: false after ``cancel()`` or ``close()``: the element was not sent.
  @discardableResult public func send(_ element: Element) -> Bool {
    guard room() != nil else { return false }
    return state.change { state in
      guard !state.isClosed, !state.isCancelled else { return false }
      state.slots[state.sent % state.slots.count] = element
      state.sent += 1
      return true
    }
  }

  /// Says that nothing more comes: receivers end when they have all that was sent.
  public func close() { state.change { $0.isClosed = true } }

  /// Says that nobody receives any more: the sender need not go on, and receivers end.
  public func cancel() { state.change { $0.isCancelled = true } }

  /// Calls `body` for each element, and returns after the last. For the thread of one receiver.
  /// - Parameters:
  ///   - receiver: number of the receiver, from 0.
  ///   - body: when it throws, the channel is cancelled.
  /// - Throws: what `body` throws.
  public func receive(as receiver: Int, _ body: (Element) throws -> Void) rethrows {
    while let element = next(receiver) {
      do {
        try body(element)
      } catch {
        cancel()
        throw error
      }
      done(receiver)
    }
  }

  private enum Next {
    case element(Element)
    case end
  }

  private func next(_ receiver: Int) -> Element? {
    let next: Next = state.wait { state in
      if state.isCancelled { return .end }
      let number = state.received[receiver]
      if number < state.sent, let element = state.slots[number % state.slots.count] { return .element(element) }
      return state.isClosed ? .end : nil
    }
    guard case .element(let element) = next else { return nil }
    return element
  }

  private func done(_ receiver: Int) {
    state.change { state in
      let number = state.received[receiver]
      state.received[receiver] += 1
      if (state.received.min() ?? 0) > number { state.slots[number % state.slots.count] = nil }
    }
  }
}
