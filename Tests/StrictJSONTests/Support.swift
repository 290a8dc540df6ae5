import TestSupport
import Diagnostics
import StrictJSON

/// Parses text that stands for the file `t.json`.
func parse(_ text: String, maxDepth: Int = 64) throws(JSONError) -> JSONValue {
  try JSONValue.parse(Array(text.utf8), file: "t.json", maxDepth: maxDepth)
}

/// The code with which `bytes` are refused; nil when they are accepted.
func code(_ bytes: [UInt8]) -> String? {
  refusal { _ = try JSONValue.parse(bytes, file: "t.json") }?.code
}

func code(_ text: String) -> String? { code(Array(text.utf8)) }

/// Makes random documents.
struct DocumentMaker {
  var random: SplitMix

  init(seed: UInt64) { random = SplitMix(seed: seed) }

  mutating func value(depth: Int = 0) -> JSONValue {
    switch Int.random(in: 0..<(depth > 4 ? 5 : 8), using: &random) {
    case 0: return nil
    case 1: return .bool(Bool.random(using: &random))
    case 2: return .int(Int(truncatingIfNeeded: random.next()) >> Int.random(in: 0..<63, using: &random))
    case 3:
      let spellings = ["1.0", "1e-6", "1E+22", "-0.5", "0.1e1", "2.5E3", "123456789.000", "-1e0"]
      return JSONValue(.number(spellings.randomElement(using: &random) ?? "0"))
    case 4: return .string(text())
    case 5: return .array((0..<Int.random(in: 0..<5, using: &random)).map { _ in value(depth: depth + 1) })
    default:
      // Sometimes more keys than are compared one by one.
      let count = Int.random(in: 0..<(depth == 0 ? 24 : 5), using: &random)
      return .object((0..<count).map { ("\($0)" + text(), value(depth: depth + 1)) })
    }
  }

  mutating func text() -> String {
    let scalars: [Unicode.Scalar] = [
      "a", "Z", "\"", "\\", "/", "\n", "\t", "\u{1}", "\u{1F}", "\u{7F}", "\u{E9}", "e", "\u{301}", "\u{20AC}",
      "\u{1F600}", "\u{10FFFF}", "\u{FFFF}", " ", "\u{2028}",
    ]
    var out = ""
    for _ in 0..<Int.random(in: 0..<12, using: &random) {
      out.unicodeScalars.append(scalars.randomElement(using: &random) ?? "x")
    }
    return out
  }
}
