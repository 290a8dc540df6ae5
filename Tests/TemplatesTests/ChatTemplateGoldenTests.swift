import Diagnostics
import Templates
import Testing

/// Equal to `apply_chat_template` of transformers: `make_chats.py` wrote the fixture.
@Suite struct ChatTemplateGoldenTests {
  static let names = ["demo", "effort", "hermes", "members", "raw", "thinking"]

  @Test(arguments: names) func `chats are rendered as Transformers renders them`(name: String) throws {
    let template = try ChatFixtures.template(name)
    let rows = try ChatFixtures.rows(name)
    #expect(rows.count >= 38)
    for (index, row) in rows.enumerated() {
      let found = ChatFixtures.outcome { try row.render(template) }
      switch (row.text, found) {
      case (let expected?, .text(let text)): #expect(sameBytes(text, expected), "\(name) \(index)")
      case (nil, .refused(let diagnostic)):
        #expect(diagnostic.code == (row.raised == nil ? "E_TEMPLATE_VALUE" : "E_TEMPLATE_RAISED"), "\(name) \(index)")
        if let raised = row.raised { #expect(diagnostic.found == raised) }
      default: Issue.record("\(name) \(index): \(found)")
      }
    }
  }
}
