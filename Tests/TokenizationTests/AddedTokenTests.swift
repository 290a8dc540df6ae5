import StrictJSON
import Testing
import Tokenization

@Suite struct AddedTokenTests {
  /// The small tokenizer with more added tokens, special where the name begins with `<`.
  private func tokenizer(_ names: [String]) throws -> Tokenizer {
    var root = SmallTokenizer.json
    root.edit("added_tokens") { list in
      guard let model = list.arrayValue?.first else { return }
      list = .array(
        names.enumerated().map { index, name in
          var token = model
          token.set("content", to: .string(name))
          token.set("id", to: .int(257 + index))
          token.set("special", to: .bool(name.hasPrefix("<")))
          return token
        })
    }
    return try Tokenizer(json: JSONWriter.canonical(root), file: "t.json")
  }

  // The expected ids are those of the `tokenizers` package for the same file.
  @Test func `the leftmost added token is found, then the longest`() throws {
    let tokenizer = try tokenizer(["<e>", "<e>!", "e>!!", "中"])
    #expect(tokenizer.encode("<e>") == [257])
    #expect(tokenizer.encode("<e>!!") == [258, 33])
    #expect(tokenizer.encode("e>!!<e>") == [259, 257])
    #expect(tokenizer.encode("中<e中") == [260, 60, 101, 260])
    #expect(tokenizer.encode("<e>!!", special: false) == [60, 101, 62, 33, 33])
    #expect(tokenizer.decode([257, 259, 260], skipSpecial: true) == "e>!!中")
  }

  /// A space is no character of the byte alphabet, so a token with one is its own text; "Ġ" is one, and means a space.
  @Test func `the text of an added token is decoded`() throws {
    let tokenizer = try tokenizer(["a b", "cĠd", "Ġ é"])
    #expect(tokenizer.decode([257]) == "a b")
    #expect(tokenizer.decode([258]) == "c d")
    #expect(tokenizer.decode([259]) == "Ġ é")
  }
}
