/// Reads an answer of HTTP/1.1 as its bytes come: its status, and the lines of its body.
package struct AnswerReader: Sendable {
  private enum Body: Equatable {
    /// The head is read.
    case head
    /// So many bytes are left; nil until the connection ends.
    case plain(Int?)
    /// The size of a chunk comes, then so many bytes of it, then its line end.
    case size, chunk(Int), behind
    case ended
  }

  /// The status; nil before the head is whole.
  package private(set) var status: Int?
  /// What is wrong with the answer; nil for nothing.
  package private(set) var problem: String?
  private var body = Body.head
  private var held: [UInt8] = []
  private var line: [UInt8] = []
  private static let longestHead = 64 << 10

  /// Nothing was read yet.
  package init() {}

  /// Whether nothing comes any more.
  package var isEnded: Bool { body == .ended || problem != nil }

  /// Takes bytes; returns the lines of the body that are whole with them, without their ends.
  package mutating func append(_ bytes: some Sequence<UInt8>) -> [[UInt8]] {
    held += bytes
    var lines: [[UInt8]] = []
    while problem == nil, step(&lines) {}
    return lines
  }

  /// The connection is at its end: what is left of the body. An answer that is not whole has a ``problem`` then.
  package mutating func finish() -> [UInt8] {
    if body != .ended, body != .plain(nil), problem == nil { problem = "the connection ends before the answer" }
    defer { line = [] }
    return line
  }

  private mutating func step(_ lines: inout [[UInt8]]) -> Bool {
    switch body {
    case .head: return readHead()
    case .plain(let left):
      guard !held.isEmpty else { return false }
      let count = min(held.count, left ?? held.count)
      take(count, &lines)
      let rest = left.map { $0 - count }
      body = rest == 0 ? .ended : .plain(rest)
    case .size:
      guard let text = takeLine() else { return false }
      let digits = text.prefix { $0 != UInt8(ascii: ";") && $0 != 0x20 }
      guard let size = Int(String(decoding: digits, as: UTF8.self), radix: 16), size >= 0 else {
        problem = "a chunk has no size"
        return false
      }
      body = size == 0 ? .ended : .chunk(size)
    case .chunk(let left):
      guard !held.isEmpty else { return false }
      let count = min(held.count, left)
      take(count, &lines)
      body = count == left ? .behind : .chunk(left - count)
    case .behind:
      guard takeLine() != nil else { return false }
      body = .size
    case .ended: return false
    }
    return true
  }

  private mutating func readHead() -> Bool {
    guard let first = takeHead() else { return false }
    let lines = first.split(separator: "\r\n", omittingEmptySubsequences: true)
    let words = lines.first?.split(separator: " ") ?? []
    guard words.count >= 2, words[0].hasPrefix("HTTP/1."), let status = Int(words[1]) else {
      problem = "this is no answer of HTTP/1.1"
      return false
    }
    // An interim answer is followed by another.
    guard status >= 200 else { return true }
    self.status = status
    body = .plain(nil)
    for line in lines.dropFirst() {
      let parts = line.split(separator: ":", maxSplits: 1)
      guard parts.count == 2 else { continue }
      let value = parts[1].drop { $0 == " " }
      switch parts[0].lowercased() {
      case "transfer-encoding" where value.lowercased() == "chunked":
        body = .size
        return true
      case "content-length":
        guard let length = Int(value), length >= 0 else {
          problem = "the answer has no length"
          return false
        }
        body = length == 0 ? .ended : .plain(length)
      default: continue
      }
    }
    return true
  }

  private mutating func takeHead() -> String? {
    let end: [UInt8] = [0x0D, 0x0A, 0x0D, 0x0A]
    guard held.count >= 4, let start = (0...(held.count - 4)).first(where: { held[$0..<($0 + 4)].elementsEqual(end) })
    else {
      if held.count > Self.longestHead { problem = "the head of the answer has no end" }
      return nil
    }
    defer { held.removeFirst(start + 4) }
    return String(decoding: held[..<start], as: UTF8.self)
  }

  private mutating func takeLine() -> [UInt8]? {
    guard let end = held.firstIndex(of: 0x0A) else { return nil }
    let text = held[..<end].filter { $0 != 0x0D }
    held.removeFirst(end + 1)
    return text
  }

  private mutating func take(_ count: Int, _ lines: inout [[UInt8]]) {
    for byte in held[..<count] {
      if byte == 0x0A {
        lines.append(line.last == 0x0D ? Array(line.dropLast()) : line)
        line = []
      } else {
        line.append(byte)
      }
    }
    held.removeFirst(count)
  }
}
