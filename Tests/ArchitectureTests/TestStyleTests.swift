import Foundation
import Testing

/// How tests are written: their names are sentences, and none waits for time to pass or asserts on how much did.
@Suite struct TestStyleTests {
  /// Names of time that a file of tests may use, and why.
  private static let allowed: [String: (names: Set<String>, reason: String)] = [
    "ArchiveTests/RoundTripTests.swift": (["Date"], "sets the times of files; no clock is read"),
    "CommandLineTests/VersionTests.swift": (["Date"], "compares the times of a file that must not be written again"),
  ]

  /// The files of tests by their paths below `Tests`.
  private func files() throws -> [String: TestText] {
    let root = House.root + "/Tests/"
    let paths = FileManager.default.enumerator(atPath: root)?.compactMap { $0 as? String } ?? []
    return try Dictionary(
      uniqueKeysWithValues: paths.filter { $0.hasSuffix(".swift") }.map {
        ($0, TestText(try String(contentsOfFile: root + $0, encoding: .utf8)))
      })
  }

  @Test func `the name of a test is a sentence in backticks`() throws {
    let files = try files()
    #expect(files.count > 200)
    for (path, text) in files { #expect(text.plainNames.isEmpty, "\(path): \(text.plainNames)") }
  }

  @Test func `no test sleeps or reads a clock`() throws {
    let files = try files()
    for (path, text) in files {
      let names = text.clocks.subtracting(Self.allowed[path]?.names ?? [])
      #expect(names.isEmpty, "\(path) uses \(names.sorted().joined(separator: ", ")): count, or hold the process")
    }
    for (path, entry) in Self.allowed {
      #expect(
        files[path]?.clocks.isSuperset(of: entry.names) == true, "\(path) needs no leave any more: \(entry.reason)")
    }
  }

  @Test func `plain names and clocks are found, and words in comments, literals and sentences are none`() {
    let plain = TestText("@Test(arguments: [1]) func itWorks(_ a: Int) {}\n@Test func `works`() {}\nfunc help() {}")
    #expect(plain.plainNames == ["itWorks", "`works`"])
    let text = TestText("// sleep\n@Test func `a Date does sleep`() { let a = \"usleep\" }\nlet sleep = 1")
    #expect(text.plainNames.isEmpty && text.clocks.isEmpty)
    for code in [
      "usleep(1)", "Task.sleep(for: a)", "let a = ContinuousClock()", "@Test(.timeLimit(a)) func `a b`() {}",
    ] {
      #expect(TestText(code).clocks.count == 1, "\(code)")
    }
  }
}
