import Conversion
import Foundation
import Terminal
import Threads

/// Shows what a run does: a line that is drawn over on a terminal, else one line every few seconds.
final class ProgressLine: RunObserver {
  private struct State {
    var done = 0
    var total = 0
    var began = Date()
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
      state.total = bytes
      state.began = Date()
      state.shown = terminal ? .distantPast : Date()
    }
  }

  func advanced(_ stage: StageName, bytes: Int, item: String) {
    guard !quiet else { return }
    state.withLock { state in
      state.done += bytes
      let now = Date()
      guard now.timeIntervalSince(state.shown) > (terminal ? 0.1 : 5) else { return }
      state.shown = now
      let seconds = max(0.001, now.timeIntervalSince(state.began))
      let rate = Double(state.done) / seconds
      // Sizes are the files': a century is long enough for any of them.
      let left = rate > 0 ? Int(min(3e9, Double(max(0, state.total - state.done)) / rate)) : 0
      let share = state.total > 0 ? Int(100 * min(1, Double(state.done) / Double(state.total))) : 100
      let line =
        "\(stage.rawValue) \(share)% \(mega(state.done)) of \(mega(state.total)) MB, \(mega(Int(rate))) MB/s, \(left) s left, \(item)"
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

  private func clear() { state.withLock { $0.line.clear() } }

  private func mega(_ bytes: Int) -> Int { bytes / 1_000_000 }
}
