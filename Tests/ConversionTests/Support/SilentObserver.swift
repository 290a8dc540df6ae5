import Conversion
import Threads

/// Shows nothing, and keeps the notes.
final class SilentObserver: RunObserver {
  private let kept = Guarded<[String]>([])

  var notes: [String] { kept.withLock { $0 } }

  func began(_ stage: StageName, bytes: Int) {}
  func advanced(_ stage: StageName, bytes: Int, item: String) {}
  func ended(_ stage: StageName, reused: Bool) {}
  func note(_ text: String) { kept.withLock { $0.append(text) } }
}
