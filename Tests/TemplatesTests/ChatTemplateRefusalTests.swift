import Diagnostics
import StrictJSON
import Templates
import TestSupport
import Testing

@Suite struct ChatTemplateRefusalTests {
  private func refused(_ source: String, messages: JSONValue = [["role": "user", "content": "x"]]) -> Diagnostic? {
    refusal { _ = try ChatTemplate(source: source, file: "t").render(messages: messages, addGenerationPrompt: true) }
  }

  /// Features that jinja2 has and chat templates of the family do not use: each is named, with its place.
  @Test(arguments: [
    ("{{ 'a' | wordwrap }}", "the filter wordwrap", 8), ("{{ 1 | nosuch }}", "the filter nosuch", 6),
    ("{{ 1 is nosuch }}", "the test nosuch", 6), ("{% include 'a' %}", "{% include %}", 4),
    ("{{ a[1, 2] }}", "several items at once", 7), ("{{ '\\N{DASH}' }}", "a character by name (\\N)", 5),
    ("{{ {1: 2} }}", "a mapping with a key that is no string", 5),
    ("{{ 'a'.encode() }}", "the method encode of a string", 14),
    ("{{ '%*d' % (1, 2) }}", "% with a width of its own (*)", 10),
    ("{{ 2 ** 64 }}", "an integer of more than 64 bits", 6), ("{{ (0 - 8) ** 0.5 }}", "a complex number", 12),
    ("{{ namespace() }}", "a namespace written as text", 1), ("{{ {}.items() }}", "an iterator written as text", 1),
    ("{{ lipsum() }}", "the function lipsum", 10), ("{{ self }}", "the variable self", 4),
    ("{{ strftime_now('%Y') }}", "strftime_now: what is rendered must not depend on the clock", 16),
  ]) func `what is not covered is named`(source: String, feature: String, column: Int) {
    let diagnostic = refused(source)
    #expect(diagnostic?.code == "E_TEMPLATE_UNSUPPORTED")
    #expect(diagnostic?.found == feature)
    #expect(diagnostic?.file == "t:1:\(column)")
  }

  @Test(arguments: [
    ("{{ a", 1, "}}", "the end of the template"), ("{% if a %}", 11, "{% elif %} or {% else %} or {% endif %}", ""),
    ("{{ 'a }}", 4, "the end of a string", ""), ("{{ (1 }}", 7, "", ""), ("{{ 1 + }}", 8, "a value", "}}"),
    ("{% endif %}", 4, "", "{% endif %} without its beginning"), ("{{ 1 $ }}", 6, "", "the character \"$\""),
    ("{% break %}", 4, "", "{% break %} outside of a loop"), ("{# a", 1, "#}", ""),
    ("{{ '\\ud800' }}", 5, "a character", ""),
    ("{% set 1 = 2 %}", 8, "a name", "1"), ("{% set none = 2 %}", 8, "a name", "none"),
    ("{{ 01 }}", 4, "no leading zero", ""),
    ("{{ f(a=1, a=2) }}", 13, "", "the argument a twice"), ("{% raw %}{{ x }}", 1, "{% endraw %}", ""),
    ("{{ '\\x4' }}", 5, "2 hexadecimal digits", "\\x4"),
  ]) func `the place of what is not well formed is named`(source: String, column: Int, expected: String, found: String)
  {
    let diagnostic = refused(source)
    #expect(diagnostic?.code == "E_TEMPLATE_SYNTAX")
    #expect(diagnostic?.file == "t:1:\(column)")
    if !expected.isEmpty { #expect(diagnostic?.expected == expected) }
    if !found.isEmpty { #expect(diagnostic?.found == found) }
  }

  @Test(arguments: [
    ("{{ a.b }}", 5, "a is undefined"), ("{{ messages[0].zz.b }}", 18, "messages[0] has no attribute zz"),
    ("{{ nope() }}", 8, "nope is undefined"), ("{{ 'a' + 1 }}", 8, "a string and an integer"),
    ("{{ none | items }}", 9, "none"), ("{{ a | tojson }}", 6, "a is undefined"), ("{{ 1 / 0 }}", 6, "0"),
    ("{% for a in 5 %}{% endfor %}", 4, "an integer"), ("{% set a, b = [1] %}", 4, "1"),
    ("{% set q.a = 1 %}", 4, "q is undefined"), ("{{ 1 < 'a' }}", 6, "an integer and a string"),
    ("{% macro m(a) %}{% endmacro %}{{ m(1, 2) }}", 35, "2"), ("{{ 'a'.split('') }}", 13, "an empty string"),
    ("{{ 1 in 5 }}", 6, "an integer"), ("{{ [1][::0] }}", 7, "0"), ("{{ 5() }}", 5, "the value is an integer"),
  ]) func `the value that does not fit is named`(source: String, column: Int, found: String) {
    let diagnostic = refused(source)
    #expect(diagnostic?.code == "E_TEMPLATE_VALUE")
    #expect(diagnostic?.file == "t:1:\(column)")
    #expect(diagnostic?.found == found)
  }

  @Test func `what the template says is handed on`() {
    let diagnostic = refused("\n\n  {{ raise_exception('No ' ~ messages[0].role ~ '!') }}")
    #expect(diagnostic?.code == "E_TEMPLATE_RAISED")
    #expect(diagnostic?.found == "No user!")
    #expect(diagnostic?.file == "t:3:21")
  }

  @Test func `a place inside a macro is the macro's`() {
    #expect(refused("{% macro m(a) %}\n  {{ a.b.c }}\n{% endmacro %}\n{{ m({}) }}")?.file == "t:2:9")
  }

  @Test func `what is no chat is refused`() throws {
    let template = try ChatTemplate(source: "x")
    let chats: [JSONValue] = [[], .null, "hi", ["role": "user"], ["hi"], [["role": "user"], 1]]
    for chat in chats {
      let diagnostic = refusal { _ = try template.render(messages: chat, addGenerationPrompt: true) }
      #expect(diagnostic?.code == "E_TEMPLATE_MESSAGES")
    }
    let chat: JSONValue = [["role": "user"]]
    let tools: [JSONValue] = ["x", ["name": "f"], ["f"]]
    for tools in tools {
      let diagnostic = refusal { _ = try template.render(messages: chat, tools: tools, addGenerationPrompt: true) }
      #expect(diagnostic?.code == "E_TEMPLATE_MESSAGES")
    }
    for name in ["messages", "tools", "add_generation_prompt"] {
      let diagnostic = refusal {
        _ = try template.render(messages: chat, addGenerationPrompt: true, extra: [(name, 1)])
      }
      #expect(diagnostic?.code == "E_TEMPLATE_MESSAGES")
    }
  }
}
