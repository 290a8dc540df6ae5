import Threads

/// What a piece of work says of how far it is, kept.
package final class RecordedWork: WorkObserver {
  /// A piece of work.
  package struct Piece: Sendable {
    package let work: String
    package let total: Int
    package var done = 0
    package var items: [String] = []
  }

  private let state = Guarded<[Piece]>([])

  package init() {}

  package func began(_ work: String, total: Int, _ unit: WorkUnit) {
    state.withLock { $0.append(Piece(work: work, total: total)) }
  }

  package func advanced(by amount: Int, item: String) {
    state.withLock { pieces in
      guard !pieces.isEmpty else { return }
      pieces[pieces.count - 1].done += amount
      pieces[pieces.count - 1].items.append(item)
    }
  }

  /// All pieces, in order.
  package var pieces: [Piece] { state.withLock { $0 } }
}
