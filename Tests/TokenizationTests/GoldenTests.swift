import Testing
import SystemPackage
import Tokenization

/// What the `tokenizers` package makes of the same strings.
@Suite struct GoldenTests {
  @Test(arguments: Fixtures.Golden.allCases) func `texts are encoded as the reference encodes them`(
    _ golden: Fixtures.Golden
  ) throws {
    let tokenizer = try golden.tokenizer()
    #expect(tokenizer.pattern == (golden == .qwen2 ? .qwen2 : .qwen35))
    let rows = try golden.rows()
    #expect(rows.count == 1000)
    for row in rows {
      #expect(tokenizer.encode(row.bytes, special: row.special) == row.ids, "\(row.bytes)")
      if let text = row.text { #expect(tokenizer.encode(text, special: row.special) == row.ids, "\(row.bytes)") }
    }
  }

  @Test(arguments: Fixtures.Golden.allCases) func `tokens are decoded as the reference decodes them`(
    _ golden: Fixtures.Golden
  ) throws {
    let tokenizer = try golden.tokenizer()
    for row in try golden.rows() {
      #expect(sameBytes(tokenizer.decode(row.tokens), row.decoded), "\(row.tokens)")
      #expect(sameBytes(tokenizer.decode(row.tokens, skipSpecial: true), row.skipped), "\(row.tokens)")
    }
  }

  @Test func `the patterns differ`() throws {
    // A mark joins its letters only in the later pattern; the fixtures would not notice two equal scanners.
    let text = "हिन्दी नमस्ते"
    #expect(try PairTokenizer.tokenizer(.qwen2).encode(text) != PairTokenizer.tokenizer(.qwen35).encode(text))
  }

  @Test func `a tokenizer's folder is read`() throws {
    let tokenizer = try Tokenizer(folder: FilePath(Fixtures.folder))
    #expect(tokenizer.vocabularySize == 4081)
    #expect(tokenizer.id(of: "<|im_end|>") == 4050)
    #expect(tokenizer.token(4050) == "<|im_end|>")
    #expect(tokenizer.encode("<|im_start|>user\nHi<|im_end|>").first == 4049)
    #expect(tokenizer.addedTokens.count == 33)
  }
}
