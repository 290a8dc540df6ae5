import TestSupport
import Foundation
import StrictJSON
import Testing

/// Every help page of every program, held against a file under `Golden/`. `CAMBIUM_UPDATE_GOLDEN=1` writes them anew.
@Suite struct HelpPageTests {
  struct Page: Sendable, CustomTestStringConvertible {
    let program: String
    let command: String?
    var arguments: [String] { (command.map { [$0] } ?? []) + ["--help"] }
    /// The pages of `cambium` have no program in their names.
    var golden: String {
      (["help"] + (program == "cambium" ? [] : [program]) + (command.map { [$0] } ?? [])).joined(separator: "-")
    }
    var testDescription: String { "\(program) \(command ?? "")" }
  }

  static let programs = ["cambium", "verify-runner", "cambium-bench"]

  /// The pages that the programs themselves say they have.
  static let pages = Result {
    try programs.flatMap { program in
      let dump = try CambiumProcess.run(["--experimental-dump-help"], program: program)
      let commands = try document(dump.out)["command"]?["subcommands"]?.arrayValue ?? []
      let names = commands.compactMap { $0["commandName"]?.stringValue }.filter { $0 != "help" }
      return [Page(program: program, command: nil)] + names.map { Page(program: program, command: $0) }
    }
  }

  private func text(_ page: Page) throws -> String {
    let outcome = try CambiumProcess.run(page.arguments, program: page.program, environment: ["COLUMNS": "80"])
    #expect(outcome.isSuccess, "\(outcome.summary)")
    // As many threads as the machine has processors.
    return outcome.out.replacing(/(?<option>Threads; without effect on the\s+result\. \(default:\s) *[0-9]+\)/) {
      "\($0.output.option)PROCESSORS)"
    }
  }

  @Test func `every page is the golden one, with an example and exit codes, and there is no golden page too many`()
    throws
  {
    let pages = try Self.pages.get()
    #expect(pages.count == 19 + 10 + 3)
    for page in pages {
      let text = try text(page)
      try Golden.expect(page.golden, text)
      for part in ["Example:\n", "Exit codes:\n  0    ", "\n  130  ", "--version "] {
        #expect(text.contains(part), "\(page.testDescription): \(part)")
      }
      #expect(!text.contains("ByteCount"), "a type of the program in its help")
      let sections = text.split(separator: "\n").prefix { !$0.hasPrefix("USAGE:") }
      #expect(sections.allSatisfy { $0.count <= 80 }, "\(page.testDescription): the table is wrapped")
    }
    let files = try FileManager.default.contentsOfDirectory(atPath: Golden.folder)
    #expect(Set(files.filter { $0.hasPrefix("help") }) == Set(pages.map { $0.golden + ".txt" }))
  }

  /// The parser wraps at 80 columns: a line that is wrapped in the source as well would be broken a second time.
  @Test func `F14 no example and no paragraph of a page is broken a second time`() throws {
    for program in Self.programs {
      let dump = try CambiumProcess.run(["--experimental-dump-help"], program: program)
      let root = try #require(try document(dump.out)["command"])
      for command in [root] + (root["subcommands"]?.arrayValue ?? []) {
        let text = command["discussion"]?.stringValue ?? ""
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        for (number, line) in lines.enumerated() where line.count > 80 {
          let around = [number - 1, number + 1].filter(lines.indices.contains).map { lines[$0] }
          let name = command["commandName"]?.stringValue ?? program
          #expect(!line.hasPrefix(" ") && around.allSatisfy(\.isEmpty), "\(name): \(line)")
        }
      }
    }
  }

  @Test func `every environment variable that a source reads is on the first page`() throws {
    let read = /(?:getenv\(|environment\[|value\()"(?<name>[A-Z][A-Z_]+)"/
    var names: Set<String> = []
    let sources = Repository.root + "/Sources"
    for file in FileManager.default.enumerator(atPath: sources)?.allObjects as? [String] ?? [] {
      guard file.hasSuffix(".swift") || file.hasSuffix(".c") || file.hasSuffix(".h") else { continue }
      let text = try String(contentsOfFile: sources + "/" + file, encoding: .utf8)
      names.formUnion(text.matches(of: read).map { String($0.output.name) })
    }
    #expect(names.isSuperset(of: ["CAMBIUM_SIMD", "CAMBIUM_CRASH_AT", "CAMBIUM_PIPELINES", "HF_HOME", "NO_COLOR"]))
    let pipelines: Set = ["CAMBIUM_PIPELINES"]
    let hub: Set = ["HF_HUB_CACHE", "HF_HOME", "XDG_CACHE_HOME", "HOME"]
    let network: Set = ["HF_ENDPOINT", "HF_TOKEN", "HF_TOKEN_PATH", "SSL_CERT_FILE", "SSL_CERT_DIR", "TMPDIR"]
    #expect(names.isSuperset(of: network))
    let absent = [[], pipelines.union(network), pipelines.union(hub).union(network)]
    // The shell's own: a program that no system names looks there for itself.
    names.remove("PATH")
    for (program, others) in zip(Self.programs, absent) {
      let page = try text(Page(program: program, command: nil))
      for name in names.subtracting(others) { #expect(page.contains("  \(name) "), "\(program): \(name)") }
    }
  }
}
