import StrictJSON
import Testing
import Tokenization

@Suite struct IncrementalDecoderTests {
  /// Every cut of every sequence of ids: what was given out by then, with the end, is the decoding of the ids so far.
  @Test(arguments: [false, true]) func `decoding in parts equals the whole at every cut`(skipSpecial: Bool) throws {
    let tokenizer = try Fixtures.tokenizer()
    for row in try Fixtures.Golden.demo.rows() {
      var decoder = IncrementalDecoder(tokenizer, skipSpecial: skipSpecial)
      var text = ""
      for (index, id) in row.tokens.enumerated() {
        text += decoder.append(id)
        // Comparing all of a prefix at each cut costs the square: of long rows, only the first cuts.
        guard index < 40 || index == row.tokens.count - 1 else { continue }
        var end = decoder
        let whole = tokenizer.decode(row.tokens[...index], skipSpecial: skipSpecial)
        #expect(sameBytes(text + end.finish(), whole), "\(row.tokens[...index])")
      }
    }
  }

  @Test func `a character is held back until it is complete`() throws {
    let tokenizer = try Fixtures.tokenizer()
    let ids = tokenizer.encode("\u{10FFFD}")
    #expect(ids.count == 4)
    var decoder = IncrementalDecoder(tokenizer)
    #expect(ids.map { decoder.append($0) } == ["", "", "", "\u{10FFFD}"])
    #expect(decoder.finish().isEmpty)
  }

  @Test func `what can never be a character is given out`() throws {
    let tokenizer = try Fixtures.tokenizer()
    // The first byte of four, then a letter.
    let lead = tokenizer.encode("\u{10FFFD}")[0]
    let letter = try #require(tokenizer.id(of: "a"))
    var decoder = IncrementalDecoder(tokenizer)
    #expect(decoder.append(lead).isEmpty)
    #expect(decoder.append(letter) == "\u{FFFD}a")
    #expect(decoder.append(lead).isEmpty)
    #expect(decoder.finish() == "\u{FFFD}")
    #expect(decoder.finish().isEmpty)
  }

  /// The second byte decides already; waiting longer would hold text back that is certain.
  @Test(arguments: [[0xED, 0xA0], [0xE0, 0x80], [0xF0, 0x8F], [0xF4, 0x90], [0xC1, 0x80], [0xF5, 0x80]])
  func `an ill-formed beginning is known`(_ bytes: [Int]) throws {
    // The ids of the small tokenizer's first tokens are the bytes.
    let tokenizer = try Tokenizer(json: JSONWriter.canonical(SmallTokenizer.json), file: "t.json")
    var decoder = IncrementalDecoder(tokenizer)
    #expect(bytes.map { decoder.append($0) }.joined() == "\u{FFFD}\u{FFFD}")
    #expect(decoder.finish().isEmpty)
  }
}
