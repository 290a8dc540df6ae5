import Conversion
import Diagnostics
import Foundation
import Terminal
import Threads

/// Shows what a run does: a line that is drawn over on a terminal, else one line every few seconds.
final class ProgressLine: RunObserver {
  private struct State {
    var done = 0
    var total = 0
    var began = Date()
    /// What was done when the clock of the rate began: a rate over no time is none.
    var first = 0
    var steps = 0
    var shown = Date.distantPast
    var line = StatusLine()
    var notes: Set<String> = []
  }

  private let state = Guarded(State())
  private let quiet: Bool
  private let terminal: Bool

  init(quiet: Bool) {
    self.quiet = quiet
    terminal = Terminal.errorIsTerminal
  }

  func began(_ stage: StageName, bytes: Int) {
    state.withLock { state in
      state.done = 0
      state.first = 0
      state.steps = 0
      state.total = bytes
      state.began = Date()
      state.shown = terminal ? .distantPast : Date()
    }
  }

  func advanced(_ stage: StageName, bytes: Int, item: String) {
    guard !quiet else { return }
    state.withLock { state in
      state.done += bytes
      state.steps += 1
      let now = Date()
      // The first report is the beginning of the work: of the check it names the prompt that is about to be decoded.
      if state.steps == 1 { (state.began, state.first) = (now, state.done) }
      guard now.timeIntervalSince(state.shown) > (terminal ? 0.1 : 5) else { return }
      state.shown = now
      let share = state.total > 0 ? Int(100 * min(1, Double(state.done) / Double(state.total))) : 100
      let line = "\(stage.rawValue) \(share)% \(amount(stage, state))\(pace(stage, state, now))\(item)"
      if terminal { state.line.draw(percent: share, line) } else { Terminal.note(line) }
    }
  }

  func ended(_ stage: StageName, reused: Bool) {
    guard !quiet else { return }
    clear()
    let seconds = state.withLock { Date().timeIntervalSince($0.began) }
    let time = String(Int(seconds * 10) / 10) + "." + String(Int(seconds * 10) % 10)
    Terminal.note("\(stage.rawValue): " + (reused ? "done before" : "done in \(time) s"))
  }

  func note(_ text: String) {
    guard state.withLock({ $0.notes.insert(text).inserted }) else { return }
    clear()
    Terminal.note("note: \(text)")
  }

  /// Takes the line away, as before an error.
  func clear() { state.withLock { $0.line.clear() } }

  /// What is done of what. The check's measure is an upper bound of what passes read, which says nothing to people.
  private func amount(_ stage: StageName, _ state: State) -> String {
    stage == .check ? "" : "\(Fixed.bytes(state.done)) of \(Fixed.bytes(state.total)), "
  }

  /// Rate and time left, as soon as there is a time to speak of.
  private func pace(_ stage: StageName, _ state: State, _ now: Date) -> String {
    let seconds = now.timeIntervalSince(state.began)
    guard seconds > 0.5, state.done > state.first else { return "" }
    let rate = Double(state.done - state.first) / seconds
    // Sizes are the files': a century is long enough for any of them.
    let left = Int(min(3e9, Double(max(0, state.total - state.done)) / rate))
    return (stage == .check ? "" : "\(Fixed.bytes(Int(min(1e15, rate))))/s, ") + "\(left) s left, "
  }
}
