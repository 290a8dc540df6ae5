import Foundation
import SystemPackage
import StrictJSON
import Testing
import Tokenization

/// The demo checkpoint's tokenizer, in both forms of the family, and the golden encodings of `make_strings.py`.
enum Fixtures {
  static let tests = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
  static let folder = tests.deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("manifests/demo/trunk").path

  /// The demo's `tokenizer.json`.
  static func json() throws -> JSONValue {
    let path = folder + "/tokenizer.json"
    return try JSONValue.parse([UInt8](Data(contentsOf: URL(fileURLWithPath: path))), file: path)
  }

  /// The demo's tokenizer.
  static func tokenizer() throws -> Tokenizer { try Tokenizer(folder: FilePath(folder)) }

  /// The tokenizers of the golden encodings.
  enum Golden: String, CaseIterable, CustomTestStringConvertible {
    case demo
    /// All pairs of bytes, cut by one of the patterns.
    case qwen2, qwen35

    var testDescription: String { rawValue }

    func tokenizer() throws -> Tokenizer {
      switch self {
      case .demo: try Fixtures.tokenizer()
      case .qwen2: try PairTokenizer.tokenizer(.qwen2)
      case .qwen35: try PairTokenizer.tokenizer(.qwen35)
      }
    }

    func rows() throws -> [Row] {
      let file = tests.appendingPathComponent("Fixtures/\(rawValue).jsonl")
      return try [UInt8](Data(contentsOf: file)).split(separator: 0x0A).map(Row.init)
    }
  }

  /// One line of a fixture.
  struct Row {
    /// The text as bytes, perhaps ill-formed.
    let bytes: [UInt8]
    /// The text, when it is well-formed.
    let text: String?
    let special: Bool
    let ids: [Int]
    let tokens: [Int]
    let decoded: String
    let skipped: String

    init(_ line: ArraySlice<UInt8>) throws {
      let row = try JSONValue.parse(Array(line), file: "fixture")
      text = row["text"]?.stringValue
      let raw = (row["bytes"]?.arrayValue ?? []).compactMap { $0.intValue.flatMap(UInt8.init(exactly:)) }
      bytes = text.map { Array($0.utf8) } ?? raw
      special = row["plain"] == nil
      ids = (row["ids"]?.arrayValue ?? []).compactMap(\.intValue)
      tokens = row["tokens"]?.arrayValue.map { $0.compactMap(\.intValue) } ?? ids
      decoded = row["decoded"]?.stringValue ?? text ?? ""
      skipped = row["skipped"]?.stringValue ?? decoded
    }
  }
}

/// Equality by bytes: `String` takes canonically equivalent texts for equal, which is what normalization must not hide.
func sameBytes(_ a: String, _ b: String) -> Bool { a.utf8.elementsEqual(b.utf8) }

extension JSONValue {
  /// Changes the member under a key; nothing without one.
  mutating func edit(_ key: String, _ change: (inout JSONValue) -> Void) {
    guard var member = self[key] else { return }
    change(&member)
    set(key, to: member)
  }

  /// Changes an element of the array under a key.
  mutating func edit(_ key: String, _ index: Int, _ change: (inout JSONValue) -> Void) {
    edit(key) { list in
      guard var elements = list.arrayValue, elements.indices.contains(index) else { return }
      change(&elements[index])
      list = .array(elements)
    }
  }
}
