import OutputParsing
import Serving
import Testing

@Suite struct PatternScannerTests {
  /// Everything that comes of a text given in parts: the text before the first pattern, and the pattern.
  private func scan(_ parts: [[UInt8]], _ patterns: [String]) -> (text: [UInt8], pattern: Int?) {
    var scanner = PatternScanner(patterns.map { Array($0.utf8) })
    var text: [UInt8] = []
    for part in parts {
      scanner.append(part)
      while let finding = scanner.next() {
        switch finding {
        case .text(let bytes): text += bytes
        case .pattern(let number, let before): return (text + before, number)
        }
      }
    }
    return (text + scanner.finish(), nil)
  }

  struct Case: Sendable {
    let text: String
    let patterns: [String]
    let before: String
    let pattern: Int?

    init(_ text: String, _ patterns: [String], _ before: String, _ pattern: Int?) {
      (self.text, self.patterns, self.before, self.pattern) = (text, patterns, before, pattern)
    }
  }

  static let cases: [Case] = [
    Case("one END two", ["END"], "one ", 0), Case("aab", ["ab"], "a", 0), Case("xabcd", ["abcd", "bc"], "xa", 1),
    Case("xabc", ["bc", "abc"], "x", 1), Case("EEND", ["END"], "E", 0), Case("ab", ["abc"], "ab", nil),
    Case("", ["a"], "", nil), Case("aaab", ["aab"], "a", 0), Case("abab", ["x"], "abab", nil),
    Case("ü€END", ["€E"], "ü", 0),
  ]

  @Test(arguments: cases) func `the pattern that is whole first is found, however the text is cut`(_ example: Case) {
    let text = example.text
    let bytes = Array(text.utf8)
    for first in 0...bytes.count {
      for second in first...bytes.count {
        let parts = [Array(bytes[..<first]), Array(bytes[first..<second]), Array(bytes[second...])]
        let found = scan(parts, example.patterns)
        #expect(String(decoding: found.text, as: UTF8.self) == example.before, "\(first) \(second)")
        #expect(found.pattern == example.pattern, "\(first) \(second)")
      }
    }
  }

  @Test func `text that no pattern can begin in is given out at once`() {
    var scanner = PatternScanner([Array("<stop>".utf8)])
    scanner.append(Array("hello <sto".utf8))
    #expect(scanner.next() == .text(Array("hello ".utf8)))
    #expect(scanner.next() == nil)
    scanner.append(Array("ne".utf8))
    #expect(scanner.next() == .text(Array("<stone".utf8)))
  }
}
