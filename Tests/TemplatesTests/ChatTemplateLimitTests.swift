import Foundation
import StrictJSON
import Templates
import TestSupport
import Testing

/// Templates come with models that nobody has looked at: each of these would take all memory, all time, or the stack.
@Suite struct ChatTemplateLimitTests {
  private static func code(_ source: String, messages: JSONValue = [["role": "user"]]) -> String? {
    refusal { _ = try ChatTemplate(source: source).render(messages: messages, addGenerationPrompt: true) }?.code
  }

  @Test(arguments: [
    // Output and values that double.
    "{% set ns = namespace(a='x' * 1000) %}{% for i in range(99999) %}{% set ns.a = ns.a ~ ns.a %}{% endfor %}",
    "{% set ns = namespace(a=[1]) %}{% for i in range(99999) %}{% set ns.a = ns.a + ns.a %}{% endfor %}",
    "{{ 'x' * 9223372036854775807 }}", "{{ [1] * 4000000000 }}", "{{ ('x' * 1000000).replace('x', 'y' * 1000000) }}",
    "{% for i in range(100000) %}{{ 'x' * 1000 }}{% endfor %}",
    "{% for i in range(1000) %}{% set a %}{{ 'x' * 1000000 }}{% endset %}{% endfor %}",
    // Loops in loops.
    "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}", "{{ range(100001) | list }}",
    // Searching and comparing.
    "{% set s = 'x' * 1000000 %}{% for i in range(99999) %}{% if 'xy' in s or s == s ~ '' %}{% endif %}{% endfor %}",
    "{% set s = 'x' * 1000000 %}{% for i in range(99999) %}{% set t = s | trim | length %}{% endfor %}",
    "{% set s = 'x y ' * 1000000 %}{% for i in range(99999) %}{% set t = s.split() %}{% endfor %}",
    // Calls without end.
    "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "{% macro m(a=m()) %}{% endmacro %}{{ m() }}",
    // A list that holds another twice, which holds another twice, and so on.
    "{% set ns = namespace(a=['x']) %}{% for i in range(60) %}{% set ns.a = [ns.a, ns.a] %}{% endfor %}{{ ns.a | tojson }}",
    "{% set ns = namespace(a=['x']) %}{% for i in range(60) %}{% set ns.a = [ns.a, ns.a] %}{% endfor %}{{ ns.a }}",
    "{% set ns = namespace(a=['x'], b=['x']) %}{% for i in range(60) %}{% set ns.a = [ns.a, ns.a] %}{% set ns.b = [ns.b, ns.b] %}{% endfor %}{{ ns.a == ns.b }}",
    "{% set ns = namespace(a=['x']) %}{% for i in range(60) %}{% set ns.a = {'a': ns.a, 'b': ns.a} %}{% endfor %}{{ ns.a ~ 'x' }}",
    // Many macros in one place.
    "{% for i in range(99999) %}{% for j in range(99999) %}{% macro m() %}{% endmacro %}{% endfor %}{% endfor %}",
    // Values in values without end.
    "{% set ns = namespace(a=[]) %}{% for i in range(99999) %}{% set ns.a = [ns.a] %}{% endfor %}",
    "{% set ns = namespace(a={}) %}{% for i in range(99999) %}{% set ns.a = {'a': ns.a} %}{% endfor %}",
    "{% set ns = namespace(a='') %}{% for i in range(99999) %}{% set ns.a = (ns.a, 1) | list %}{% endfor %}",
    "{% set ns = namespace(a=[]) %}{% for i in range(9999) %}{% for j in [ns.a] %}{% set ns.a = loop %}{% endfor %}{% endfor %}",
    // Results that are far larger than what makes them.
    "{{ (',' * 16000000).split(',') | length }}", "{{ ('x' * 16000000).replace('x', '') }}",
    "{{ ('x' * 16000000).replace('', 'x') }}", "{{ (['x' * 1000000] * 100) | join }}",
    "{{ ('x' * 1000000).join(('y' * 1000) | list) }}", "{{ ('\\x01' * 16000000) | tojson }}",
    "{{ ('é' * 8000000) | tojson(ensure_ascii=true) }}", "{{ (range(100000) | list) | tojson(indent=1000000) }}",
    "{{ ('\\n' * 10000) | indent(1000000) }}", "{{ 'x'.center(999999999999) }}", "{{ '1'.zfill(9223372036854775807) }}",
    "{{ '%999999999d' % 1 }}", "{{ [1] | batch(999999999, 0) | list }}", "{{ [1] | slice(999999999) | list }}",
    "{{ 'a\\tb'.expandtabs(999999999) }}",
    "{% set ns = namespace(a='ab' * 100) %}{% for i in range(9999) %}{% set ns.a = ns.a.replace('a', 'aa') %}{% endfor %}",
    "{% for x in [1] recursive %}{{ loop([1]) }}{% endfor %}",
    "{% macro m() %}{% call m() %}{{ caller() }}{% endcall %}{{ caller }}{% endmacro %}{{ m() }}",
    "{% for i in range(9999) %}{% set x = range(9999) | list | sort(reverse=true) %}{% endfor %}",
    "{% for i in range(9999) %}{% set x = range(9999) | unique | list %}{% endfor %}",
  ]) func `17 a template that lasts is stopped`(source: String) {
    #expect(Self.code(source) == "E_TEMPLATE_LIMIT")
  }

  @Test func `long chains and deep nesting stop while reading`() {
    let count = 100_000
    for (open, middle, close) in [
      ("", "1 + ", "1"), ("(", "(", "1"), ("[", "[", ""), ("not ", "not ", "1"), ("-", "-", "1"), ("a", ".a", ""),
      ("a", "|trim", ""), ("", "1 if 1 else ", "1"), ("a", "[0]", ""), ("a", "()", ""), ("1", " is defined", ""),
    ] {
      let end = middle == "(" || middle == "[" ? String(repeating: middle == "(" ? ")" : "]", count: count) : ""
      let source = "{{ " + open + String(repeating: middle, count: count) + close + end + " }}"
      let found = Self.code(source)
      #expect(found == "E_TEMPLATE_LIMIT" || found == "E_TEMPLATE_SYNTAX", "\(middle)")
    }
    #expect(Self.code(String(repeating: "{% if 1 %}", count: count)) == "E_TEMPLATE_LIMIT")
    #expect(Self.code(String(repeating: "{% for a in b %}", count: 50_000)) == "E_TEMPLATE_LIMIT")
    #expect(Self.code(String(repeating: "x", count: 1 << 20) + "x") == "E_TEMPLATE_LIMIT")
  }

  /// The deepest that is allowed must fit on the smallest stack that a program's threads have.
  @Test func `the limits fit on half a mebibyte of stack`() {
    let done = DispatchSemaphore(value: 0)
    let thread = Thread {
      let nested = String(repeating: "{% if 1 %}", count: 60) + "x" + String(repeating: "{% endif %}", count: 60)
      #expect(Self.code(nested) == nil)
      #expect(
        Self.code("{{ " + String(repeating: "(", count: 28) + "1" + String(repeating: ")", count: 28) + " }}") == nil)
      #expect(
        Self.code("{{ " + String(repeating: "[", count: 500) + String(repeating: "]", count: 500) + " }}")
          == "E_TEMPLATE_LIMIT")
      #expect(Self.code("{{ 1" + String(repeating: " + 1", count: 60) + " }}") == nil)
      #expect(Self.code("{% macro m() %}{% if 1 %}{{ [m()] }}{% endif %}{% endmacro %}{{ m() }}") == "E_TEMPLATE_LIMIT")
      done.signal()
    }
    // The address sanitizer makes every frame several times as large.
    let isSanitized = dlsym(dlopen(nil, RTLD_NOW), "__asan_init") != nil
    thread.stackSize = isSanitized ? 8 << 20 : 512 << 10
    thread.start()
    done.wait()
  }

  @Test func `deep messages are refused`() {
    var deep: JSONValue = []
    for _ in 0..<5000 { deep = .array([deep]) }
    #expect(Self.code("{{ messages | tojson }}", messages: [["role": deep]]) == "E_TEMPLATE_MESSAGES")
  }

  /// A namespace that holds itself, a macro that sees itself: nothing may stay behind, and nothing may go on for ever.
  @Test func `what holds itself is let go`() {
    #expect(
      Self.code("{% set ns = namespace() %}{% set ns.a = ns %}{% set ns.b = [ns] %}{{ ns == ns.a }}{{ ns in ns.b }}")
        == nil)
    #expect(Self.code("{% set ns = namespace() %}{% set ns.b = [ns] %}{{ ns.b }}") == "E_TEMPLATE_UNSUPPORTED")
  }

  @Test func `the limits are the caller's`() throws {
    var limits = ChatTemplate.Limits()
    limits.outputBytes = 10
    let template = try ChatTemplate(source: "{{ messages[0].content }}", limits: limits)
    #expect(try template.render(messages: [["content": "0123456789"]], addGenerationPrompt: false) == "0123456789")
    let diagnostic = refusal {
      _ = try template.render(messages: [["content": "0123456789a"]], addGenerationPrompt: false)
    }
    #expect(diagnostic?.code == "E_TEMPLATE_LIMIT")
    #expect(diagnostic?.expected == "at most 10 bytes of text")
  }
}
