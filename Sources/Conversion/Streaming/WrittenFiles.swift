import Dispatch
import Synchronization

/// Which weight files are written wholly, so that a reader can follow the writers.
final class WrittenFiles: Sendable {
  private struct State {
    /// Of each file: units that still have to write into it.
    var missing: [Int]
    var isWaiting = false
    var isAbandoned = false
  }

  /// Of each unit: the files that it writes into.
  private let files: [[Int]]
  private let state: Mutex<State>
  private let changed = DispatchSemaphore(value: 0)

  init(_ spans: WeightSpans, units: Int) {
    var files: [[Int]] = Array(repeating: [], count: units)
    var missing = Array(repeating: 0, count: spans.files.count)
    for (file, list) in spans.files.enumerated() {
      for span in list where files[span.unit].last != file {
        files[span.unit].append(file)
        missing[file] += 1
      }
    }
    self.files = files
    state = Mutex(State(missing: missing))
  }

  /// Everything that a unit gives is in the files.
  func completed(_ unit: Int) {
    change { state in
      for file in files[unit] { state.missing[file] -= 1 }
    }
  }

  /// Nothing more will be written.
  func abandon() { change { $0.isAbandoned = true } }

  private func change(_ body: (inout State) -> Void) {
    let wakes = state.withLock { state in
      body(&state)
      defer { state.isWaiting = false }
      return state.isWaiting
    }
    if wakes { changed.signal() }
  }

  /// Waits until a file is written wholly. One thread at a time may wait.
  /// - Returns: false when it never will be.
  func wait(for file: Int) -> Bool {
    while true {
      let answer: Bool? = state.withLock { state in
        if state.missing[file] == 0 { return true }
        if state.isAbandoned { return false }
        state.isWaiting = true
        return nil
      }
      if let answer { return answer }
      changed.wait()
    }
  }
}

extension WeightSpans {
  /// All units, in the order in which the weight files need them; those that give nothing come last.
  func unitsInOrder(count: Int) -> [Int] {
    var seen = Array(repeating: false, count: count)
    var order: [Int] = []
    for span in files.joined() where !seen[span.unit] {
      seen[span.unit] = true
      order.append(span.unit)
    }
    return order + seen.indices.filter { !seen[$0] }
  }
}
