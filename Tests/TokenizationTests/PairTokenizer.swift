import StrictJSON
import Tokenization

/// The demo's tokenizer with a vocabulary of all pairs of bytes, merged in a scattered order.
///
/// Wherever two bytes meet in a piece they can merge, so ids show where pieces end. `make_strings.py` builds the same.
enum PairTokenizer {
  static func tokenizer(_ pattern: SplitPattern) throws -> Tokenizer {
    var root = try Fixtures.json()
    root.edit("pre_tokenizer") { outer in
      outer.edit("pretokenizers", 0) { split in
        split.edit("pattern") { $0.set("Regex", to: .string(pattern.rawValue)) }
      }
    }
    root.edit("model") { model in
      model.set("vocab", to: vocabulary)
      model.set("merges", to: merges)
    }
    root.edit("added_tokens") { list in
      var tokens = list.arrayValue ?? []
      for index in tokens.indices { tokens[index].set("id", to: .int(256 + 65536 + index)) }
      list = .array(tokens)
    }
    return try Tokenizer(json: JSONWriter.canonical(root), file: "pairs.json")
  }

  private static var pairs: [(String, String)] {
    let names = SmallTokenizer.byteNames
    return names.flatMap { first in names.map { (first, $0) } }
  }

  private static var vocabulary: JSONValue {
    let names = SmallTokenizer.byteNames + pairs.map { $0 + $1 }
    return JSONValue(.object(names.enumerated().map { JSONValue.Member(key: $1, value: .int($0)) }))
  }

  private static var merges: JSONValue {
    let pairs = pairs
    return .array((0..<65536).map { [.string(pairs[$0 * 40503 % 65536].0), .string(pairs[$0 * 40503 % 65536].1)] })
  }
}
