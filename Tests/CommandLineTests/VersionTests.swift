import TestSupport
import Foundation
import Testing

/// `--version` names the commit, for people who report something; nothing that is published does.
@Suite struct VersionTests {
  private static let script = Repository.root + "/Plugins/NameCommit/name-commit.sh"
  private static let hasGit = (try? Tool.run("git", ["--version"])) != nil

  private func commit(of program: String) throws -> String? {
    let outcome = try CambiumProcess.run(["--version"], program: program)
    #expect(outcome.isSuccess && outcome.err.isEmpty)
    let form =
      /(?<program>[a-z-]+) \d+\.\d+\.\d+ \((?:commit (?<commit>[0-9a-f]{40})(?:, with changes)?|unknown commit)\)\n/
    let match = try #require(try form.wholeMatch(in: outcome.out), "\(outcome.out)")
    #expect(match.output.program == program)
    return match.output.commit.map(String.init)
  }

  @Test func `all programs name the same commit`() throws {
    let commits = try Set(HelpPageTests.programs.map(commit))
    #expect(commits.count == 1)
  }

  @Test func `no file of a package names the commit`() throws {
    guard let commit = try commit(of: "cambium") else { return }
    let package = try Demo.reference.get().path
    for file in FileManager.default.enumerator(atPath: package)?.allObjects as? [String] ?? [] {
      guard let bytes = FileManager.default.contents(atPath: package + "/" + file) else { continue }
      #expect(
        bytes.range(of: Data(commit.utf8)) == nil && bytes.range(of: Data(commit.prefix(12).utf8)) == nil, "\(file)")
    }
  }

  @Test(.enabled(if: hasGit)) func `the build names the head, and changes of what is built, and is silent otherwise`()
    throws
  {
    let folder = try ScratchFolder()
    try FileManager.default.createDirectory(atPath: folder["Sources"], withIntermediateDirectories: true)
    try folder.write("a", to: "Sources/a.swift")
    let made = folder["Built.swift"]
    func build(_ repository: String...) throws -> String {
      try Tool.run("sh", [Self.script, made] + repository)
      return folder.text("Built.swift")
    }
    func git(_ arguments: String...) throws -> String {
      try Tool.run("git", ["-C", folder.path, "-c", "user.name=a", "-c", "user.email=a@b"] + arguments)
    }
    let unknown = "let builtCommit: String? = nil\nlet builtWithChanges = false\n"
    #expect(try build().hasSuffix(unknown))
    #expect(try build(folder.path).hasSuffix(unknown))
    _ = try git("init", "-q")
    #expect(try build(folder.path).hasSuffix(unknown))
    _ = try git("add", "Sources")
    _ = try git("commit", "-q", "-m", "a")
    let head = try git("rev-parse", "HEAD").trimmingCharacters(in: .whitespacesAndNewlines)
    let clean = "let builtCommit: String? = \"\(head)\"\nlet builtWithChanges = false\n"
    #expect(try build(folder.path).hasSuffix(clean))
    // Not even its time changes, so that nothing is compiled again.
    let before = try FileManager.default.attributesOfItem(atPath: made)[.modificationDate] as? Date
    #expect(try build(folder.path).hasSuffix(clean))
    #expect(try FileManager.default.attributesOfItem(atPath: made)[.modificationDate] as? Date == before)
    try folder.write("b", to: "notes.txt")
    #expect(try build(folder.path).hasSuffix(clean))
    try folder.write("b", to: "Sources/b.swift")
    #expect(try build(folder.path).hasSuffix("let builtWithChanges = true\n"))
  }
}

/// A program of the system.
private enum Tool {
  struct Failure: Error { let status: Int32 }

  /// Runs it to the end.
  /// - Returns: Its standard output.
  @discardableResult static func run(_ name: String, _ arguments: [String]) throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [name] + arguments
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = FileHandle.nullDevice
    try process.run()
    let bytes = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw Failure(status: process.terminationStatus) }
    return String(decoding: bytes, as: UTF8.self)
  }
}
