import Testing
import Tokenization

@Suite struct NormalizationTests {
  @Test(arguments: [
    ("e\u{301}", "\u{E9}"), ("\u{212B}", "\u{C5}"), ("\u{1100}\u{1161}\u{11A8}", "\u{AC01}"),
    ("\u{AC00}\u{11A8}", "\u{AC01}"), ("q\u{307}\u{323}", "q\u{323}\u{307}"), ("\u{1E0B}\u{323}", "\u{1E0D}\u{307}"),
    ("\u{958}", "\u{915}\u{93C}"), ("\u{344}", "\u{308}\u{301}"), ("\u{2F800}", "\u{4E3D}"),
    ("\u{1D15E}", "\u{1D157}\u{1D165}"),
    ("a\u{327}\u{301}", "\u{E1}\u{327}"), ("\u{6C1}\u{654}", "\u{6C2}"),
  ])
  func `text is composed`(_ text: String, _ composed: String) throws {
    let tokenizer = try Fixtures.tokenizer()
    #expect(sameBytes(tokenizer.decode(tokenizer.encode(text)), composed))
    #expect(tokenizer.encode(text) == tokenizer.encode(composed))
  }

  @Test func `nothing is composed across an added token`() throws {
    let tokenizer = try Fixtures.tokenizer()
    let text = "e<|im_end|>\u{301}"
    #expect(sameBytes(tokenizer.decode(tokenizer.encode(text)), text))
  }

  @Test func `compatibility characters are left alone`() throws {
    let tokenizer = try Fixtures.tokenizer()
    let text = "\u{FB01} \u{B2} \u{1D49C} \u{FF76}\u{FF9E} \u{2460}"
    #expect(sameBytes(tokenizer.decode(tokenizer.encode(text)), text))
  }
}
