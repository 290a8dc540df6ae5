import StrictJSON
import Templates
import Testing

/// The language itself: a thousand sources, and what jinja2 makes of them; `make_jinja.py` wrote the fixture.
@Suite struct JinjaGoldenTests {
  @Test func `every source is read as Jinja2 reads it`() throws {
    let lines = try ChatFixtures.lines("jinja.jsonl")
    let variables = (lines[0]["variables"]?.members ?? []).map { ($0.key, $0.value) }
    let messages = try #require(lines[0]["messages"])
    var rendered = 0
    for row in lines.dropFirst() {
      let source = row["source"]?.stringValue ?? ""
      let found = ChatFixtures.outcome {
        try ChatTemplate(source: source).render(messages: messages, addGenerationPrompt: false, extra: variables)
      }
      switch (row["text"]?.stringValue, found) {
      case (let expected?, .text(let text)):
        #expect(sameBytes(text, expected), "\(source)")
        rendered += 1
      case (nil, .refused(let diagnostic)):
        // What is refused as not covered must be something that jinja2 would render.
        #expect(diagnostic.code.hasPrefix("E_TEMPLATE_") && diagnostic.code != "E_TEMPLATE_UNSUPPORTED", "\(source)")
      default: Issue.record("\(source): \(found)")
      }
    }
    #expect(rendered >= 700)
  }
}
