import Foundation
import TestSupport
import Testing

/// A template comes with a model that nobody has looked at: the program that renders it stays within bounds.
@Suite struct TemplateMemoryTests {
  private static let most = 64 << 20

  /// The data of a process may not grow beyond a number of bytes, where the shell and the system know such a limit.
  private static func limits(_ bytes: Int) -> String {
    #if os(Linux)
      "ulimit -d \(bytes >> 10)"
    #else
      "true"
    #endif
  }

  private static func render(_ template: String, _ folder: ScratchFolder, data: Int) throws -> CambiumProcess.Outcome {
    try folder.write(template, to: "p/chat_template.jinja")
    return try CambiumProcess.run(
      ["generate", "p", "--chat", "x", "--limit", "0", "--threads", "1"], program: "verify-runner", in: folder.path,
      limits: limits(data))
  }

  /// The package, and the least data in steps of 4 MiB with which a harmless template is rendered.
  private static let base = Result { () throws -> (folder: ScratchFolder, data: Int, peak: Int) in
    let folder = try ScratchFolder()
    try FileManager.default.copyItem(atPath: Demo.reference.get().path, toPath: folder["p"])
    for step in 1...128 {
      let outcome = try render("{{ messages[0].content }}", folder, data: step << 22)
      if outcome.isSuccess { return (folder, step << 22, outcome.peakBytes) }
    }
    throw CambiumProcess.Failure(description: "a harmless template needs 512 MiB")
  }

  @Test(arguments: [
    "{{ ('a' * 900000) | replace('a', 'b' * 100) }}", "{{ ((['ab'] * 400000) | join('c' * 300)) }}",
    "{{ ('a ' * 4000000).split(' ') | length }}", "{{ 'a' * 120000000 }}", "{{ ([0] * 100000000) | length }}",
    "{% set ns = namespace(t='a') %}{% for i in range(40) %}{% set ns.t = ns.t ~ ns.t %}{% endfor %}{{ ns.t }}",
    "{% set ns = namespace(t='ab') %}{% for i in range(60) %}{% set ns.t = ns.t.replace('a', 'aa') %}{% endfor %}",
    "{% set ns = namespace(t=['a']) %}{% for i in range(60) %}{% set ns.t = ns.t + ns.t %}{% endfor %}{{ ns.t | length }}",
    "{{ range(100000000) | list | length }}", "{{ ('a' * 4000) | replace('a', 'b' * 4000) | replace('b', 'c') }}",
    "{{ (['\u{1}' * 1000] * 20000) | tojson }}", "{{ ('\u{DF}' * 4000000) | upper }}",
    "{{ ('\\n' * 8000000).splitlines() | length }}", "{{ ('ab' * 9000000)[::-1] | length }}",
    "{{ ('\\n' * 100000) | indent(2000) }}", "{{ 'a' | center(200000000) }}", "{{ ('&' * 20000000) | e }}",
    "{{ '%999999999d' % 1 }}", "{{ '%s' | format('a' * 200000000) }}", "{{ '{:>900000000}'.format('a') }}",
    "{{ (dict(a=1).items() | list) * 20000000 }}", "{% macro m(n) %}{{ m(n ~ n) }}{% endmacro %}{{ m('a' * 1000) }}",
    "{% set ns = namespace(a=['x']) %}{% for i in range(60) %}{% set ns.a = [ns.a, ns.a] %}{% endfor %}{{ ns.a | tojson }}",
    "{% for i in range(2000) %}{% set a = ('x' * 100000) ~ i %}{{ a }}{% endfor %}",
  ]) func `17 a template that grows is rendered or refused within 64 MiB more than a harmless one`(
    _ template: String
  ) throws {
    let base = try TemplateMemoryTests.base.get()
    let folder = try ScratchFolder()
    try FileManager.default.copyItem(atPath: base.folder["p"], toPath: folder["p"])
    let outcome = try TemplateMemoryTests.render(template, folder, data: base.data + TemplateMemoryTests.most)
    #expect(outcome.isSuccess || outcome.end == .exit(65), "\(outcome.summary.prefix(600))")
    #expect(outcome.isSuccess || outcome.err.contains("error: E_TEMPLATE"), "\(outcome.summary.prefix(600))")
    #expect(outcome.peakBytes < base.peak + TemplateMemoryTests.most)
  }
}
