import StrictJSON
import TestSupport
import Testing
import Tokenization

@Suite struct AddedTokenTests {
  /// The small tokenizer with more added tokens, special where the name begins with `<`.
  private func tokenizer(_ names: [String], first: Int = 257, rows: Int? = nil) throws -> Tokenizer {
    var root = SmallTokenizer.json
    root.edit("added_tokens") { list in
      guard let model = list.arrayValue?.first else { return }
      list = .array(
        names.enumerated().map { index, name in
          var token = model
          token.set("content", to: .string(name))
          token.set("id", to: .int(first + index))
          token.set("special", to: .bool(name.hasPrefix("<")))
          return token
        })
    }
    return try Tokenizer(json: JSONWriter.canonical(root), file: "t.json", rows: rows)
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

  @Test func `ids have gaps below the rows of the model, and none beyond them`() throws {
    let tokenizer = try tokenizer(["<gap>"], first: 290, rows: 300)
    #expect(tokenizer.encode("<gap>") == [290] && tokenizer.id(of: "<gap>") == 290)
    #expect(tokenizer.vocabularySize == 291 && tokenizer.token(290) == "<gap>")
    // What is in the gap is no token, and stands for nothing.
    for id in [257, 280, 289, 291] { #expect(tokenizer.token(id) == nil && tokenizer.bytes(of: id).isEmpty, "\(id)") }
    #expect(tokenizer.decode([280, 290, 257]) == "<gap>")
    // A row for each id, or no word of rows at all.
    for rows in [290, 0, nil] as [Int?] {
      #expect(refusal { _ = try self.tokenizer(["<gap>"], first: 290, rows: rows) }?.code == "E_TOKENIZER_ID_RANGE")
    }
    // A number of a file is no size of a table.
    #expect(try self.tokenizer(["<gap>"], first: 290, rows: .max).vocabularySize == 291)
    #expect(
      refusal { _ = try self.tokenizer(["<gap>"], first: 1 << 40, rows: .max) }?.code == "E_TOKENIZER_ID_RANGE")
  }

  /// A space is no character of the byte alphabet, so a token with one is its own text; "Ġ" is one, and means a space.
  @Test func `the text of an added token is decoded`() throws {
    let tokenizer = try tokenizer(["a b", "cĠd", "Ġ é"])
    #expect(tokenizer.decode([257]) == "a b")
    #expect(tokenizer.decode([258]) == "c d")
    #expect(tokenizer.decode([259]) == "Ġ é")
  }
}
