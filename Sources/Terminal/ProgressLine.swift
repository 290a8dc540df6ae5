import Foundation
import Threads

/// Shows how far work is, on standard error: a line that is drawn over on a terminal, else one line every few seconds.
/// All commands that take long use this one.
package final class ProgressLine: WorkObserver {
  private struct State {
    var pace: ProgressPace?
    /// The moment at which work began that did not report itself.
    let start = ProgressLine.now
    var line = StatusLine()
    var notes: Set<String> = []
  }

  private let state = Guarded(State())
  private let isQuiet: Bool
  private let isTerminal: Bool

  /// - Parameter quiet: Whether nothing is said, not even notes.
  package init(quiet: Bool) {
    isQuiet = quiet
    isTerminal = Terminal.errorIsTerminal
  }

  package func began(_ work: String, total: Int, _ unit: WorkUnit) {
    state.withLock {
      $0.line.clear()
      $0.pace = ProgressPace(work, total: total, unit, isDrawn: isTerminal, at: ProgressLine.now)
    }
  }

  package func advanced(by amount: Int, item: String) {
    guard !isQuiet else { return }
    state.withLock { state in
      guard let line = state.pace?.advanced(by: amount, item: item, at: ProgressLine.now) else { return }
      if isTerminal { state.line.draw(percent: line.percent, line.text) } else { Terminal.note(line.text) }
    }
  }

  /// How long what began last has taken.
  package var seconds: Double {
    state.withLock { $0.pace?.seconds(at: ProgressLine.now) ?? ProgressLine.now - $0.start }
  }

  /// Says a fact that a person wants to know, once.
  package func note(_ text: String) {
    guard !isQuiet, state.withLock({ $0.notes.insert(text).inserted }) else { return }
    say("note: \(text)")
  }

  /// Says something on a separate line, unless nothing is to be said.
  package func say(_ text: String) {
    guard !isQuiet else { return }
    clear()
    Terminal.note(text)
  }

  /// Takes the line away: before a result, and before an error.
  package func clear() { state.withLock { $0.line.clear() } }

  private static var now: Double { Double(DispatchTime.now().uptimeNanoseconds) / 1e9 }
}
