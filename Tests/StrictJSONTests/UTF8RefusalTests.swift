import TestSupport
import StrictJSON
import Testing

@Suite struct UTF8RefusalTests {
  @Test(
    arguments: [
      [0xFF], [0x80], [0xC0, 0x80], [0xC1, 0xBF], [0xC3], [0xE0, 0x80, 0x80], [0xE0, 0x9F, 0xBF], [0xED, 0xA0, 0x80],
      [0xED, 0xBF, 0xBF], [0xF0, 0x80, 0x80, 0x80], [0xF0, 0x8F, 0xBF, 0xBF], [0xF4, 0x90, 0x80, 0x80],
      [0xF5, 0x80, 0x80, 0x80], [0xE2, 0x82], [0xE2, 0x28, 0xA1], [0xF0, 0x9F, 0x98], [0xFE],
    ] as [[UInt8]])
  func `ill-formed bytes are refused`(_ bad: [UInt8]) {
    #expect(code([0x22] + bad + [0x22]) == "E_JSON_UTF8")
    // Behind a run of ASCII, which is checked eight bytes at a time, and at the very end.
    #expect(code([0x22] + Array(repeating: 0x61, count: 29) + bad + [0x22]) == "E_JSON_UTF8")
    #expect(code([0x22] + Array(repeating: 0x61, count: 15) + bad) == "E_JSON_UTF8")
  }

  @Test func `byte order marks are refused`() {
    #expect(code([0xEF, 0xBB, 0xBF] + Array("{}".utf8)) == "E_JSON_UTF8")
    #expect(code([0xFF, 0xFE, 0x7B, 0x00, 0x7D, 0x00]) == "E_JSON_UTF8")
  }

  @Test func `the place is named`() {
    let bytes = Array("{\n \"".utf8) + [0xFF] + Array("\":1}".utf8)
    let found = refusal { _ = try JSONValue.parse(bytes, file: "t.json") }
    #expect(found?.file == "t.json:2:3")
    #expect(found?.exitStatus == .badInput)
  }

  @Test func `the edges of every length are accepted`() throws {
    for scalar in [
      "\u{7F}", "\u{80}", "\u{7FF}", "\u{800}", "\u{D7FF}", "\u{E000}", "\u{FFFF}", "\u{10000}", "\u{10FFFF}",
    ] {
      #expect(try parse("\"\(scalar)\"").stringValue == scalar)
    }
  }
}
