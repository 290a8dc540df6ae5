/// A pattern over dot-separated names: `*` matches within one part, `**` across parts, everything else itself.
public struct Glob: Sendable, Equatable {
  public let pattern: String
  private let bytes: [UInt8]

  public init(_ pattern: String) {
    self.pattern = pattern
    bytes = Array(pattern.utf8)
  }

  /// Whether the whole name matches. Time is bounded by pattern length × name length.
  public func matches(_ name: String) -> Bool {
    let name = Array(name.utf8)
    // reachable[i]: whether the pattern consumed so far can end before name[i].
    var reachable = Array(repeating: false, count: name.count + 1)
    reachable[0] = true
    var at = 0
    while at < bytes.count {
      let star = UInt8(ascii: "*")
      if bytes[at] == star {
        let acrossParts = at + 1 < bytes.count && bytes[at + 1] == star
        at += acrossParts ? 2 : 1
        for i in 1..<max(1, name.count + 1) where reachable[i - 1] && (acrossParts || name[i - 1] != UInt8(ascii: "."))
        {
          reachable[i] = true
        }
      } else {
        for i in stride(from: name.count, to: 0, by: -1) { reachable[i] = reachable[i - 1] && name[i - 1] == bytes[at] }
        reachable[0] = false
        at += 1
      }
    }
    return reachable[name.count]
  }
}
