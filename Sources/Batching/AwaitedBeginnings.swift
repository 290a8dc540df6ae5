import Inference

/// A sequence whose prompt is being run.
struct RunningPrompt {
  let number: Int
  let key: PrefixKey
  let session: DecodingSession

  /// Whether it is about to leave a beginning of another one's prompt.
  func willKeep(for other: PrefixKey) -> Bool {
    guard key.salt == other.salt, session.serves(other.method) else { return false }
    let known = session.tokens.count
    return key.marks.contains { mark in
      mark > known && mark < other.prompt.tokens.count
        && other.prompt.tokens.starts(with: key.prompt.tokens[..<mark]) && key.stamp(mark) == other.stamp(mark)
    }
  }
}

/// Who waits while another one runs what both begin with: answers to one prompt, and requests that come at once.
///
/// Each waits for one other and once, so nobody is kept from its place for long; whether anything was kept in the end or
/// not, it then goes on by itself.
struct AwaitedBeginnings {
  /// For each waiting sequence, by number, the one that it waits for, or waited for.
  private var awaited: [Int: Int] = [:]

  /// Whether a sequence is to wait.
  mutating func waits(_ job: SequenceJob, for running: [RunningPrompt]) -> Bool {
    guard let key = job.prefix else { return false }
    if let number = awaited[job.number] {
      return running.contains { $0.number == number && $0.willKeep(for: key) }
    }
    guard let other = running.first(where: { $0.willKeep(for: key) }) else { return false }
    awaited[job.number] = other.number
    return true
  }

  /// A sequence waits no more.
  mutating func leave(_ number: Int) { awaited[number] = nil }
}
