import Conversion
import Terminal
import Threads

/// Shows what a run does, stage by stage.
final class RunProgress: RunObserver {
  private let line: ProgressLine

  init(_ line: ProgressLine) { self.line = line }

  /// The check's measure is an upper bound of what passes read, which says nothing to people.
  func began(_ stage: StageName, bytes: Int) {
    line.began(stage.rawValue, total: bytes, stage == .check ? .share : .bytes)
  }

  func advanced(_ stage: StageName, bytes: Int, item: String) { line.advanced(by: bytes, item: item) }

  func ended(_ stage: StageName, reused: Bool) {
    let tenths = Int(min(1e12, line.seconds * 10))
    line.say("\(stage.rawValue): " + (reused ? "done before" : "done in \(tenths / 10).\(tenths % 10) s"))
  }

  func note(_ text: String) { line.note(text) }

  /// Takes the line away, as before an error.
  func clear() { line.clear() }
}
