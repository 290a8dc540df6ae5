import StrictJSON
import Templates
import Testing

/// What chat templates in the wild use of the language, and what the environment of transformers renders for it: `strangers.jsonl`
/// holds whole templates, statements and expressions. Lists and messages that many cases share stand in its first line.
@Suite struct StrangerTemplateTests {
  /// Cases that jinja2 renders and that are refused by the name of what they use. A prefix stands for several.
  private static let refused: Set<String> = [
    // Values of other types than those of JSON, in texts and as keys.
    "case-and-class-methods-30", "tojson-18", "globals-03", "globals-09", "globals-23",
    // Folding of letters that are not ASCII, which would need tables of Python's own.
    "case-and-class-methods-09",
    // Texts of many lines or for the web.
    "indent-09", "indent-10", "attr-34", "attr-36", "attr-39", "attr-40", "attr-41",
    // The clock.
    "globals-15", "globals-16", "globals-17", "globals-18", "globals-19", "date-string",
    // Inheritance and escaping.
    "block", "block-self", "autoescape",
  ]

  /// `apply_chat_template` takes members that are null out of the messages before a template sees them; the fixture was
  /// rendered without that. `ChatTemplateGoldenTests` holds the whole function.
  private static let ofTheTemplateAlone: Set<String> = ["content-none"]

  @Test func `every case is equal to jinja2's, or refused by name`() throws {
    let cases = try StrangerCase.all()
    #expect(cases.count >= 700)
    var (equal, refusedByName, bothRefuse) = (0, 0, 0)
    for row in cases where !Self.ofTheTemplateAlone.contains(row.id) {
      switch (row.text, ChatFixtures.outcome(row.render)) {
      case (let expected?, .text(let text)):
        #expect(sameBytes(text, expected), "\(row.id): \(row.source)")
        #expect(!Self.refused.contains(row.id), "\(row.id) is covered now")
        equal += 1
      case (nil, .refused): bothRefuse += 1
      case (_?, .refused(let diagnostic)):
        #expect(Self.refused.contains(row.id), "\(row.id): \(row.source): \(diagnostic.found ?? diagnostic.code)")
        #expect(diagnostic.code == "E_TEMPLATE_UNSUPPORTED", "\(row.id): \(diagnostic.code)")
        refusedByName += 1
      case (nil, .text(let text)): Issue.record("\(row.id): \(row.source) makes \(text)")
      }
    }
    print("template cases: \(equal) equal, \(bothRefuse) refused as jinja2 does, \(refusedByName) refused by name")
    #expect(refusedByName <= 30)
  }

  @Test func `F16: community templates render as with jinja2`() throws {
    let cases = [
      "{{ m.content.find('b') }}": "1", "{{ m.content.rfind('b') }}": "3", "{{ m.content.rsplit('b', 1)[0] }}": "abc",
      "{{ messages | selectattr('role', 'equalto', 'user') | list | length }}": "1",
      "{{ ['x', 'y'] | map('upper') | join('-') }}": "X-Y", "{{ '3' | int + 1 }}": "4",
      "{{ ', '.join(['x', 'y']) }}": "x, y", "{{ 'x\ny' | indent(2) }}": "x\n  y",
    ]
    for (source, expected) in cases {
      let template = try ChatTemplate(source: "{%- set m = messages[0] %}" + source)
      let text = try template.render(messages: [["role": "user", "content": "abcb"]], addGenerationPrompt: true)
      #expect(sameBytes(text, expected), "\(source)")
    }
  }

  @Test(arguments: [
    // What was rendered as another text, without a word.
    ("{{ ' a  b c '.split(None, 1) }}", "['a', 'b c ']"),
    ("{% for x in [1, 2] %}{% break %}{% else %}else{% endfor %}", "else"),
    ("{% for x in [1, 2] %}{% continue %}{% else %}else{% endfor %}", "else"),
    ("{% for x in [1, 2] %}{% if x == 2 %}{% break %}{% endif %}{% else %}else{% endfor %}", ""),
    (
      "{% macro f(a, b=1) %}{% endmacro %}{{ f.name }}{{ f.arguments }}{{ f.catch_kwargs }}{{ f.caller }}",
      "f('a', 'b')FalseFalse"
    ),
    // A generator fails only where it is gone through, and gives what stands before.
    ("{% set x = [1, 'a'] | map('abs') %}x", "x"), ("{{ [1, 'a'] | map('abs') | first }}", "1"),
    // Every place of an empty text, and the end.
    ("{{ 'äb'.replace('', '.') }}", ".ä.b."), ("{{ 'ab'.replace('', '.', 2) }}", ".a.b"),
    ("{{ 'ΑΣ ΑΣΑ'.lower() }}", "ας ασα"), ("{{ 'aXbX'.rsplit('X') }}", "['a', 'b', '']"),
    ("{{ 'XaX'.split('X') }}", "['', 'a', '']"), ("{{ 'a'.split('X', 0) }}", "['a']"),
    ("{{ '%-4s|%4.1f|%03d' % ('a', 2.25, 7) }}", "a   | 2.2|007"),
    ("{{ '{:^7,.1f}|{!r:>5}'.format(1234.5, 'a') }}", "1,234.5|  'a'"),
    ("{% macro m() %}{{ caller('x') }}{% endmacro %}{% call(a) m() %}{{ a }}!{% endcall %}", "x!"),
    ("{% with a = 1, b = 2 %}{{ a + b }}{% endwith %}{{ a is defined }}", "3False"),
    ("{{ [3, 1, 2] | sort(reverse=true) }}", "[3, 2, 1]"), ("{{ {'b': 1, 'a': 2} | dictsort | first }}", "('a', 2)"),
    ("{{ 'é\u{7F}' | tojson(ensure_ascii=true) }}", #""\u00e9\u007f""#),
    ("{{ none | selectattr('type', 'equalto', 'x') | list | length }}", "0"),
    ("{{ 0 | map('upper') | list }}{{ false | reject('no such test') | list }}", "[][]"),
  ]) func `a corner of the language is as in Python`(source: String, expected: String) throws {
    let text = try ChatTemplate(source: source).render(messages: [["role": "user"]], addGenerationPrompt: false)
    #expect(sameBytes(text, expected), "\(text)")
  }
}

/// One line of `strangers.jsonl`.
private struct StrangerCase {
  let id: String
  let source: String
  let messages: JSONValue
  let variables: [(String, JSONValue)]
  let prompt: Bool
  let text: String?

  static func all() throws -> [StrangerCase] {
    let lines = try ChatFixtures.lines("strangers.jsonl")
    return lines.dropFirst().map { StrangerCase($0, shared: lines[0]) }
  }

  init(_ row: JSONValue, shared: JSONValue) {
    id = row["id"]?.stringValue ?? ""
    source = row["source"]?.stringValue ?? ""
    let own = row["messages"] ?? .null
    messages = own.intValue.flatMap { shared["messages"]?.arrayValue?[$0] } ?? own
    variables = (row["variables"]?.members ?? []).map { member in
      let index = member.value["$"]?.intValue
      return (member.key, index.flatMap { shared["values"]?.arrayValue?[$0].arrayValue?[1] } ?? member.value)
    }
    prompt = row["prompt"]?.boolValue ?? false
    text = row["text"]?.stringValue
  }

  func render() throws -> String {
    try ChatTemplate(source: source).render(
      messages: messages, tools: variables.first { $0.0 == "tools" }?.1, addGenerationPrompt: prompt,
      extra: variables.filter { $0.0 != "tools" })
  }
}
