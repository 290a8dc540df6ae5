/// Finds texts in bytes that come piece by piece. What may be the beginning of one of them is held back.
package struct PatternScanner: Sendable {
  /// What a piece brought.
  package enum Finding: Sendable, Equatable {
    /// Bytes that no pattern touches.
    case text([UInt8])
    /// The pattern of this number, and the bytes before it; what follows it is still held.
    case pattern(Int, before: [UInt8])
  }

  private let patterns: [[UInt8]]
  /// Bytes that are not given out yet.
  private var held: [UInt8] = []
  /// How many of them were looked at.
  private var seen = 0

  /// - Parameter patterns: Texts. The one that is whole first is found; of several that end at one place, the longest.
  package init(_ patterns: [[UInt8]]) { self.patterns = patterns }

  /// Adds bytes.
  package mutating func append(_ bytes: some Sequence<UInt8>) { held += bytes }

  /// What is certain now; nil when more bytes are needed.
  package mutating func next() -> Finding? {
    while seen < held.count {
      seen += 1
      guard let number = pattern(endingAt: seen) else { continue }
      let before = Array(held[..<(seen - patterns[number].count)])
      drop(seen)
      return .pattern(number, before: before)
    }
    let certain = held.count - open()
    guard certain > 0 else { return nil }
    let text = Array(held[..<certain])
    drop(certain)
    seen = held.count
    return .text(text)
  }

  /// Everything that is held: nothing more comes, or somebody else reads on.
  package mutating func finish() -> [UInt8] {
    defer { drop(held.count) }
    return held
  }

  private mutating func drop(_ count: Int) {
    held.removeFirst(count)
    seen = 0
  }

  private func pattern(endingAt end: Int) -> Int? {
    var longest: Int?
    for (number, pattern) in patterns.enumerated() where !pattern.isEmpty && pattern.count <= end {
      guard pattern.last == held[end - 1], held[(end - pattern.count)..<end].elementsEqual(pattern) else { continue }
      if pattern.count > longest.map({ patterns[$0].count }) ?? 0 { longest = number }
    }
    return longest
  }

  /// Bytes at the end that may become a pattern.
  private func open() -> Int {
    let most = min(held.count, (patterns.map(\.count).max() ?? 0) - 1)
    guard most > 0 else { return 0 }
    for count in stride(from: most, to: 0, by: -1) {
      let end = held.suffix(count)
      if patterns.contains(where: { $0.count > count && $0.starts(with: end) }) { return count }
    }
    return 0
  }
}
