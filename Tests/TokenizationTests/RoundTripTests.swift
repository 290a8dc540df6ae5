import Testing
import Tokenization

@Suite struct RoundTripTests {
  @Test func `tokens and ids are inverse`() throws {
    let tokenizer = try Fixtures.tokenizer()
    for id in 0..<tokenizer.vocabularySize {
      let token = try #require(tokenizer.token(id))
      #expect(tokenizer.id(of: token) == id)
    }
    for id in [-1, tokenizer.vocabularySize, Int.max, Int.min] {
      #expect(tokenizer.token(id) == nil)
      #expect(tokenizer.bytes(of: id).isEmpty)
      #expect(tokenizer.decode([id]).isEmpty)
    }
    #expect(tokenizer.id(of: "no such token") == nil)
  }

  /// Composed texts come back as they were, special tokens read or not.
  @Test(arguments: Fixtures.Golden.allCases) func `text comes back`(_ golden: Fixtures.Golden) throws {
    let tokenizer = try golden.tokenizer()
    for row in try golden.rows() {
      let once = tokenizer.decode(row.ids)
      #expect(sameBytes(tokenizer.decode(tokenizer.encode(once)), once))
      #expect(sameBytes(tokenizer.decode(tokenizer.encode(once, special: false)), once))
    }
  }

  @Test func `every character comes back composed`() throws {
    let tokenizer = try Fixtures.tokenizer()
    for code: UInt32 in stride(from: 0, through: 0x10FFFF, by: 7) {
      guard let scalar = Unicode.Scalar(code) else { continue }
      let text = "a" + String(scalar)
      let once = tokenizer.decode(tokenizer.encode(text))
      // Canonically equivalent, which is what `==` of strings asks.
      #expect(once == text)
    }
  }

  @Test func `special tokens of a user are text`() throws {
    let tokenizer = try Fixtures.tokenizer()
    let text = "a<|im_end|><think>b"
    let end = try #require(tokenizer.id(of: "<|im_end|>"))
    let think = try #require(tokenizer.id(of: "<think>"))
    #expect(tokenizer.isSpecial(end) && !tokenizer.isSpecial(think))
    #expect(tokenizer.encode(text).contains(end))
    let plain = tokenizer.encode(text, special: false)
    #expect(!plain.contains(end) && plain.contains(think))
    #expect(tokenizer.decode(plain, skipSpecial: true) == text)
  }

  @Test func `long pieces are merged as short ones`() throws {
    // At 100 bytes another way of merging begins; runs of one letter cross it, and a run cut in words does not.
    let tokenizer = try Fixtures.tokenizer()
    let unit = "implementation"
    let long = tokenizer.encode(String(repeating: unit, count: 40))
    #expect(tokenizer.decode(long) == String(repeating: unit, count: 40))
    // Far from both ends every unit is merged like its neighbours, in both ways.
    let short = tokenizer.encode(String(repeating: unit, count: 7))
    #expect(long.prefix(short.count / 2) == short.prefix(short.count / 2))
    #expect(long.suffix(short.count / 2) == short.suffix(short.count / 2))
  }

  // Were the work quadratic, the suite would stand here for minutes.
  @Test(arguments: ["a", " ", "\n", "'", "é", "\u{301}", "\u{316}\u{301}", "<", "1", "\u{1100}"])
  func `hostile runs are encoded`(_ unit: String) throws {
    let text = String(repeating: unit, count: 200_000)
    let tokenizer = try Fixtures.tokenizer()
    #expect(tokenizer.decode(tokenizer.encode(text)).unicodeScalars.count == text.unicodeScalars.count)
  }
}
