import Constraints
import StrictJSON
import Testing

/// What texts a schema allows: each of its words with texts that are whole answers, and texts that are none. Which value is one
/// of its schema was asked of Python's jsonschema; what is refused besides is what no model is let write.
@Suite struct SchemaTests {
  struct Example: Sendable, CustomStringConvertible {
    var schema: String
    var accepted: [String]
    var refused: [String]
    var isStrict = false
    var description: String { schema }
  }

  static let scalars = [
    Example(schema: #"{"type":"null"}"#, accepted: ["null"], refused: ["nul", "true", "null ", " null", ""]),
    Example(schema: #"{"type":"boolean"}"#, accepted: ["true", "false"], refused: ["True", "1", "\"true\""]),
    Example(
      schema: #"{"type":"integer"}"#, accepted: ["0", "7", "-12", "123456789012345678"],
      refused: ["-0", "01", "1.0", "1e3", "+1", "-", "1234567890123456789"]),
    Example(
      schema: #"{"type":"number"}"#, accepted: ["0", "-0.5", "12.25", "1e9", "2.5E-10", "3E+1"],
      refused: ["01", ".5", "1.", "1e", "1e999", "NaN", "--1", "0x1"]),
    Example(
      schema: #"{"type":"string"}"#,
      accepted: [#""""#, #""a""#, #""é€😀""#, #""\n\"\\\/""#, #""\u00e9\uD83D\ude00""#, "\"\u{7F}\""],
      refused: ["a", "\"", "\"a", "\"\n\"", #""\x""#, #""\uD83D""#, #""\ude00""#, #""\u12g4""#, #""a" "#]),
    Example(
      schema: #"{"type":["integer","null"]}"#, accepted: ["5", "null"], refused: ["\"5\"", "true", "nulll"]),
    Example(schema: #"{"type":"integer","nullable":true}"#, accepted: ["5", "null"], refused: ["false"]),
    Example(
      schema: #"{"type":"integer","minimum":-3,"maximum":12}"#, accepted: ["-3", "-1", "0", "9", "10", "12"],
      refused: ["-4", "13", "20", "100", "-10", "012"]),
    Example(
      schema: #"{"type":"integer","exclusiveMinimum":95,"exclusiveMaximum":1205}"#,
      accepted: ["96", "99", "100", "950", "999", "1000", "1199", "1204"],
      refused: ["95", "9", "1205", "1210", "2000", "-96", "0"]),
    Example(schema: #"{"minimum":3}"#, accepted: ["3", "30", "999"], refused: ["2", "0", "-3", "\"3\""]),
    Example(
      schema: #"{"type":"integer","maximum":-7}"#, accepted: ["-7", "-10", "-70"], refused: ["-6", "-1", "7", "0"]),
  ]

  static let texts = [
    Example(
      schema: #"{"type":"string","minLength":2,"maxLength":3}"#,
      accepted: [#""ab""#, #""é€😀""#, #""\n\u00e9""#, #""\uD83D\uDE00ab""#],
      refused: [#""a""#, #""abcd""#, #""""#, #""\n""#]),
    Example(schema: #"{"type":"string","minLength":1}"#, accepted: [#""a""#, #""abcdef""#], refused: [#""""#]),
    Example(schema: #"{"maxLength":0}"#, accepted: [#""""#], refused: [#""a""#, "5"]),
    Example(
      schema: #"{"type":"string","pattern":"^[a-c]+[0-9]{2,3}$"}"#, accepted: [#""a12""#, #""abc123""#],
      refused: [#""a1""#, #""d12""#, #""a1234""#, #""12""#, #""a12 ""#]),
    Example(
      schema: #"{"type":"string","pattern":"b"}"#, accepted: [#""b""#, #""abc""#, #""\nb\u00e9""#],
      refused: [#""""#, #""ac""#]),
    Example(
      schema: #"{"type":"string","pattern":"^(foo|ba[rz])?$"}"#, accepted: [#""""#, #""foo""#, #""bar""#, #""baz""#],
      refused: [#""ba""#, #""foobar""#, #""fo""#]),
    Example(
      schema: #"{"type":"string","pattern":"^[^a]\\.\\d\\w*?$"}"#, accepted: [#""b.5""#, #""é.5x_""#, #""\".1""#],
      refused: [#""a.5""#, #""bx5""#, #""b.x""#]),
    Example(
      schema: #"{"type":"string","pattern":"^a\\n$|^x"}"#, accepted: [#""a\n""#, #""x""#, #""xyz""#],
      refused: [#""a""#, #""yx""#, #""a\u000a""#]),
    Example(
      schema: #"{"type":"string","pattern":"^(a*)*b$"}"#, accepted: [#""b""#, #""aaab""#], refused: [#""a""#, #""ba""#]),
    Example(
      schema: #"{"type":"string","format":"date"}"#, accepted: [#""2026-11-30""#, #""1999-02-28""#],
      refused: [#""2026-13-01""#, #""2026-04-31""#, #""2026-02-30""#, #""26-1-1""#]),
    Example(
      schema: #"{"type":"string","format":"date-time"}"#,
      accepted: [#""2026-11-30T23:59:59Z""#, #""2026-01-31T00:00:00.5+02:00""#],
      refused: [#""2026-11-30 23:59:59Z""#, #""2026-11-30T24:00:00Z""#, #""2026-11-30T23:59:59""#]),
    Example(schema: #"{"type":"string","format":"time"}"#, accepted: [#""07:08:09Z""#], refused: [#""7:08:09Z""#]),
    Example(
      schema: #"{"type":"string","format":"uuid"}"#, accepted: [#""123e4567-e89b-12d3-a456-426614174000""#],
      refused: [#""123e4567-e89b-12d3-a456-42661417400""#, #""123e4567e89b12d3a456426614174000""#]),
    Example(
      schema: #"{"type":"string","format":"ipv4"}"#, accepted: [#""0.0.0.0""#, #""192.168.1.255""#],
      refused: [#""256.1.1.1""#, #""1.2.3""#, #""01.2.3.4""#]),
    Example(
      schema: #"{"type":"string","format":"email"}"#, accepted: [#""a.b+c@example.org""#],
      refused: [#""a@b""#, #""@example.org""#, #""a..b@example.org""#]),
    Example(
      schema: #"{"enum":["red","green",3,null,["a",1],{"b":true}]}"#,
      accepted: [#""red""#, #""green""#, "3", "null", #"["a",1]"#, #"{"b":true}"#],
      refused: [#""re""#, #""blue""#, "4", "[]"]),
    Example(schema: #"{"enum":["a","b",1],"type":"string"}"#, accepted: [#""a""#, #""b""#], refused: ["1"]),
    Example(schema: #"{"const":"x\"y"}"#, accepted: [#""x\"y""#], refused: [#""x""#]),
  ]

  static let containers = [
    Example(
      schema: #"{"type":"array","items":{"type":"integer"}}"#,
      accepted: ["[]", "[1]", "[1, 2,3]", "[\n  1,\n  2\n]", "[ ]"],
      refused: ["[", "[1", "[1,]", "[,1]", "[\"1\"]", "[1 ,2]", "[  1]", "[1]]"]),
    Example(
      schema: #"{"type":"array","items":{"type":"boolean"},"minItems":2,"maxItems":3}"#,
      accepted: ["[true,false]", "[true, true, true]"], refused: ["[]", "[true]", "[true,true,true,true]"]),
    Example(schema: #"{"type":"array","maxItems":0}"#, accepted: ["[]"], refused: ["[1]"]),
    Example(schema: #"{"type":"array","minItems":1}"#, accepted: ["[1]", "[{},[]]"], refused: ["[]"]),
    Example(
      schema: #"{"type":"array","prefixItems":[{"type":"integer"},{"type":"string"}],"items":false}"#,
      accepted: ["[]", "[1]", #"[1,"a"]"#], refused: [#"["a"]"#, #"[1,"a",2]"#, "[1,2]"]),
    Example(
      schema: #"{"type":"array","prefixItems":[{"type":"integer"}],"items":{"type":"null"},"minItems":2}"#,
      accepted: ["[1,null]", "[1,null,null]"], refused: ["[1]", "[]", "[null,1]"]),
    Example(
      schema: #"{"type":"object","properties":{"a":{"type":"integer"},"b":{"type":"null"}},"required":["a"]}"#,
      accepted: [
        #"{"a":1}"#, #"{"a": 1, "b": null}"#, #"{"a":1,"b":null,"c":[]}"#, #"{"a":1,"ab":2}"#, #"{"a":1,"":2}"#,
      ],
      refused: ["{}", #"{"b":null}"#, #"{"b":null,"a":1}"#, #"{"a":"x"}"#, #"{"a":1,"a":2}"#, #"{"a":1,"b":5}"#]),
    Example(
      schema: #"{"type":"object","properties":{"a":{"type":"integer"},"b":{"type":"null"}},"required":["b"]}"#,
      accepted: [#"{"b":null}"#, #"{"a":1,"b":null}"#], refused: ["{}", #"{"a":1}"#, #"{"b":null,"c":1}"#],
      isStrict: true),
    Example(
      schema: #"{"type":"object","properties":{"a":{},"b":{},"c":{}},"additionalProperties":false}"#,
      accepted: ["{}", "{ }", #"{"c":1}"#, #"{"a":{},"c":"x"}"#, "{\n\t\"b\": [1]\n}"],
      refused: [#"{"d":1}"#, #"{"c":1,"a":1}"#, #"{"a":1,}"#, #"{,"a":1}"#, #"{"a" :1}"#]),
    Example(
      schema: #"{"type":"object","additionalProperties":{"type":"integer"}}"#,
      accepted: ["{}", #"{"x":1}"#, #"{"é":1,"y":2}"#], refused: [#"{"x":"y"}"#, #"{"\u0061":1}"#]),
    Example(
      schema: #"{"type":"object","required":["x"],"additionalProperties":{"type":"integer"}}"#,
      accepted: [#"{"x":1}"#, #"{"x":1,"y":2}"#], refused: ["{}", #"{"y":1}"#]),
    Example(
      schema: #"{"type":"object","properties":{"a":false,"b":true}}"#, accepted: ["{}", #"{"b":1}"#, #"{"c":1}"#],
      refused: [#"{"a":1}"#]),
  ]

  static let combined = [
    Example(
      schema: #"{"anyOf":[{"type":"integer"},{"type":"string","maxLength":1}]}"#, accepted: ["1", #""a""#],
      refused: ["null", #""ab""#]),
    Example(
      schema:
        #"{"oneOf":[{"type":"object","properties":{"k":{"const":"a"}},"required":["k"],"additionalProperties":false},{"type":"object","properties":{"k":{"const":"b"},"n":{"type":"integer"}},"required":["k","n"],"additionalProperties":false}]}"#,
      accepted: [#"{"k":"a"}"#, #"{"k":"b","n":1}"#], refused: [#"{"k":"b"}"#, #"{"k":"a","n":1}"#]),
    Example(
      schema:
        ##"{"allOf":[{"type":"object","properties":{"a":{"type":"integer"}},"required":["a"]},{"$ref":"#/$defs/b"}],"$defs":{"b":{"properties":{"b":{"type":"null"}}}}}"##,
      accepted: [#"{"a":1}"#, #"{"a":1,"b":null}"#], refused: ["{}", #"{"a":1,"b":1}"#]),
    Example(schema: #"{"allOf":[{"type":"integer"}]}"#, accepted: ["1"], refused: ["null"]),
    Example(
      schema:
        ##"{"type":"object","properties":{"v":{"type":"integer"},"next":{"anyOf":[{"$ref":"#"},{"type":"null"}]}},"required":["v","next"],"additionalProperties":false}"##,
      accepted: [#"{"v":1,"next":null}"#, #"{"v":1,"next":{"v":2,"next":{"v":3,"next":null}}}"#],
      refused: [#"{"v":1}"#, #"{"v":1,"next":{"v":2}}"#]),
    Example(
      schema: ##"{"$ref":"#/definitions/a~1b","definitions":{"a/b":{"type":"boolean"}}}"##, accepted: ["true"],
      refused: ["1"]),
    Example(
      schema: ##"{"anyOf":[{"$ref":"#"},{"type":"integer"}]}"##, accepted: ["5"], refused: ["null"]),
    Example(
      schema: "{}", accepted: ["1", #"{"a":[1,{"b":null}]}"#, #""x""#, "[[[]]]"], refused: ["", "{", "[1,]", "a"]),
    Example(schema: "true", accepted: ["null"], refused: ["nul"]),
  ]

  @Test(arguments: scalars + texts + containers + combined)
  func `whole texts of a schema are answers, and others are not`(_ example: Example) throws {
    let shape = try AnswerShape.schema(example.schema, isStrict: example.isStrict)
    for text in example.accepted { #expect(try shape.accepts(text), "\(text)") }
    for text in example.refused { #expect(try !shape.accepts(text), "\(text)") }
  }

  @Test(arguments: [
    (
      #"{"type":"object","properties":{"ab":{"type":"integer"}},"required":["ab"],"additionalProperties":false}"#,
      #"{"ax"#, 3
    ),
    (#"{"type":"integer","maximum":12,"minimum":0}"#, "13", 1), (#"{"enum":["red","rot"]}"#, #""rat"#, 2),
    (#"{"type":"string","format":"date"}"#, #""2026-02-3"#, 9), (#"{"type":"array","maxItems":1}"#, "[1,", 2),
    (#"{"type":"string"}"#, "\"\u{1}", 1), (#"{"type":"array"}"#, "[  ", 2),
    (#"{"type":"array"}"#, "[\n" + String(repeating: " ", count: 21), 22),
  ])
  func `a text is left at its first wrong byte`(_ schema: String, _ text: String, _ allowed: Int) throws {
    #expect(try AnswerShape.schema(schema).allowed(ByteModel.tokens(text)) == allowed)
  }

  @Test func `any object is one`() throws {
    var shape = AnswerShape()
    shape.form = (.object, "form")
    shape.marks = [.end]
    for text in ["{}", #"{"a":[1,2,{"b":"c"}]}"#, "{\n  \"a\": null\n}"] { #expect(try shape.accepts(text)) }
    for text in ["[]", "1", #""a""#, "{", "{}{}", ""] { #expect(try !shape.accepts(text)) }
  }

  @Test(arguments: [
    [0xC0, 0x80], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80], [0xF0, 0x80, 0x80, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xF5],
    [0x80], [0xC3, 0x22], [0xE2, 0x82, 0x41], [0xFF],
  ])
  func `bytes that are no UTF-8 are not in a string`(_ bytes: [Int]) throws {
    let shape = try AnswerShape.schema(#"{"type":"string"}"#)
    #expect(try shape.allowed([0x22] + bytes + [0x22]) <= bytes.count)
    #expect(try shape.allowed([0x22, 0xF4, 0x8F, 0xBF, 0xBF, 0xEE, 0x80, 0x80, 0x22, ByteModel.end]) == 10)
  }
}
