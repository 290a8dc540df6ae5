import TestSupport
import Archive
import Diagnostics
import Foundation
import Testing

/// Inputs that are kept for the fuzzer, and small changes of each: what is refused has a code of its own, nothing stops the
/// process, and an input that lasted would hold the suite up.
@Suite struct SeedTests {
  static let folder = Repository.root + "/tools/fuzz/Seeds"

  static func seeds(_ parser: String) throws -> [(name: String, bytes: [UInt8])] {
    let path = folder + "/" + parser
    return try FileManager.default.contentsOfDirectory(atPath: path).sorted().map {
      ($0, [UInt8](try Data(contentsOf: URL(fileURLWithPath: path + "/" + $0))))
    }
  }

  /// Nil when the input is accepted.
  private func refusal(_ parser: Parser, _ bytes: [UInt8], _ folder: InputFolder) -> (any Error)? {
    do {
      try parser.parse(bytes, folder)
      return nil
    } catch {
      return error
    }
  }

  private func hasCode(_ error: any Error) -> Bool {
    if error is TarReader.Refusal { return true }
    return (error as? any CambiumError).map { $0.diagnostic.code.hasPrefix("E_") } ?? false
  }

  @Test(arguments: Parser.all.map(\.name)) func `every parser has a seed that it accepts and one that it refuses`(
    name: String
  ) throws {
    let parser = try #require(Parser.named(name))
    let folder = try InputFolder()
    defer { folder.remove() }
    var accepted = 0
    for (file, bytes) in try SeedTests.seeds(name) {
      let refusal = refusal(parser, bytes, folder)
      if refusal == nil { accepted += 1 }
      // Found inputs are named after what was wrong with them.
      #expect(refusal.map(hasCode) ?? true, "\(file): \(String(describing: refusal))")
    }
    #expect(accepted > 0)
    #expect(refusal(parser, [0xFF], folder) != nil || name == "template" || name == "journal" || name == "tar")
  }

  @Test(arguments: Parser.all.map(\.name)) func `changed seeds are refused with a code or accepted`(name: String) throws
  {
    let parser = try #require(Parser.named(name))
    let folder = try InputFolder()
    defer { folder.remove() }
    let seeds = try SeedTests.seeds(name).map(\.bytes)
    var mutator = Mutator(seed: 8, others: seeds)
    for seed in seeds {
      for _ in 0..<(name == "archive" ? 40 : 300) {
        let bytes = mutator.change(seed)
        if let refusal = refusal(parser, bytes, folder), !hasCode(refusal) {
          Issue.record("\(refusal) for \(Data(bytes).base64EncodedString())")
        }
      }
    }
  }
}

/// Changes bytes as a fuzzer does, from a seed: the same inputs on every machine.
struct Mutator {
  private var random: SplitMix
  private let others: [[UInt8]]

  init(seed: UInt64, others: [[UInt8]]) {
    random = SplitMix(seed: seed)
    self.others = others
  }

  /// Texts that mean something to one parser or another.
  private static let words = [
    "{", "}", "[", "]", "\"", ":", ",", "\\u0000", "\\ud800", "null", "true", "NaN", "-1", "1e999", "0.5", "{{", "}}",
    "{%", "%}", "../", "\u{FEFF}", "9223372036854775807", "18446744073709551616", String(repeating: "[", count: 100),
  ].map { Array($0.utf8) }

  private mutating func below(_ bound: Int) -> Int { random.below(bound) }

  mutating func change(_ input: [UInt8]) -> [UInt8] {
    var bytes = input
    for _ in 0...below(3) {
      let at = below(bytes.count)
      switch below(8) {
      case 0 where !bytes.isEmpty: bytes[at] ^= 1 << UInt8(below(8))
      case 1 where !bytes.isEmpty: bytes[at] = UInt8(below(256))
      case 2: bytes.removeSubrange(at..<min(bytes.count, at + below(20)))
      case 3: bytes.insert(contentsOf: Self.words[below(Self.words.count)], at: at)
      case 4: bytes.insert(contentsOf: bytes[at..<min(bytes.count, at + below(60))], at: below(bytes.count))
      case 5: bytes = Array(bytes[..<at])
      case 6:
        let other = others[below(others.count)]
        let start = below(other.count)
        bytes.insert(contentsOf: other[start..<min(other.count, start + below(80))], at: at)
      default: bytes.append(UInt8(below(256)))
      }
    }
    return bytes
  }
}
