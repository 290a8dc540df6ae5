import StrictJSON
import Testing

@Suite struct SyntaxRefusalTests {
  @Test(arguments: [
    "", " ", "\n", "{", "[", "[1", "[1,", "{\"a\"", "{\"a\":", "{\"a\":1", "{\"a\":1,", "[1,]", "{\"a\":1,}", "[,1]",
    "{,}", "[1 2]", "{\"a\" 1}", "{a:1}", "{'a':1}", "['a']", "{1:2}", "// c\n1", "/* c */1", "1//c", "[1]x", "[1]]",
    "{}{}", "1 2", "tru", "True", "nul", "nulll", "}", "]", "[}", "{]", "[1}", "{\"a\":1]", "\"abc", "\"a\nb\"",
    "\"a\u{0}b\"", "\"a\tb\"", "\u{0}", "1\u{0}", "[1]\u{0}", "\u{0B}1", "\u{A0}1", "undefined", ":", ",",
    "{\"a\":1 \"b\":2}", "{\"a\"::1}", "[1,,2]",
  ])
  func `what is not JSON is refused`(_ text: String) { #expect(code(text) == "E_JSON_SYNTAX") }

  @Test(arguments: [
    "01", "-01", "00", "+1", ".5", "1.", "1.e1", "1e", "1e+", "-", "-x", "NaN", "Infinity", "-Infinity", "[-]",
    "0123", "[01]",
  ])
  func `wrong numbers are refused`(_ text: String) { #expect(code(text) == "E_JSON_NUMBER") }

  @Test(arguments: ["1_000", "0x10", "1a", "1.0.0"])
  func `numbers with a tail are refused`(_ text: String) { #expect(code(text) == "E_JSON_SYNTAX") }

  @Test(arguments: [
    #""\x41""#, #""\u12""#, #""\u12G4""#, #""\u""#, #""\'""#, #""\ud800""#, #""\udc00""#, #""\ud800\ud800""#,
    #""\ud800x""#, #""\ud800\n""#, #""\udc00\ud800""#, #""\"#, #""\U0041""#, #"{"\ud83d":1}"#, #""\u+041""#,
  ])
  func `wrong escapes are refused`(_ text: String) { #expect(code(text) == "E_JSON_ESCAPE") }

  @Test(arguments: [
    "null", "true", "false", "0", "-0", "-0.0e-0", "1.5E+10", "\"\"", "[]", "{}", " [ ] ", "\t{\r\n}\n", "[[],{}]",
    "{\"\":{\"\":[]}}", "\"\u{7F}\"", #""\/\b\f\n\r\t\"\\""#,
  ])
  func `JSON is accepted`(_ text: String) { #expect(code(text) == nil) }

  @Test func `escapes are read`() throws {
    #expect(try parse(#""\u0041\u00e9\uD83D\ude00\/\u0000""#).stringValue == "A\u{E9}\u{1F600}/\u{0}")
  }

  @Test func `every prefix of a document is refused`() throws {
    let text = Array(#"{"a":[1,{"b":"\u00e9é"},true,null,-1.5e3],"c":{}}"#.utf8)
    #expect(code(text) == nil)
    for length in 0..<text.count { #expect(code(Array(text[..<length])) != nil, "\(length)") }
  }
}
