import TestSupport
import Foundation
import Testing

#if canImport(Glibc)
  import Glibc
#endif

/// A result that standard output does not take is never a success, and never ends the work.
@Suite struct OutputLossTests {
  struct Command: Sendable, CustomTestStringConvertible {
    let program: String
    let arguments: [String]
    var testDescription: String { ([program] + arguments).joined(separator: " ") }
  }

  /// PACKAGE stands for that of the reference.
  private static let commands =
    [
      ["--help"], ["--version"], ["run", "--help"], ["help", "verify"], ["init", Demo.trunk, "--dry-run"],
      ["inspect", Demo.trunk], ["inspect", Demo.trunk, "--json"], ["plan", "m.json"], ["plan", "m.json", "--json"],
      ["run", "m.json", "--dry-run"], ["status", "m.json"], ["verify", "PACKAGE"], ["verify", "PACKAGE", "--json"],
      ["audit", "PACKAGE"], ["audit", "PACKAGE", "--csv"], ["diff", "PACKAGE", Demo.trunk],
    ].map { Command(program: "cambium", arguments: $0) }
    + [
      ["--help"], ["tokenize", "PACKAGE", "ab"], ["tokenize", "PACKAGE", "--decode", "65"],
      ["generate", "PACKAGE", "--prompt", "ab", "--limit", "2"],
      ["check", "PACKAGE", "--limit", "2", "--depths", "1", "--quiet"],
    ].map { Command(program: "verify-runner", arguments: $0) }

  private func run(_ command: Command, limits: String = "true", stdout: Int32? = nil) throws -> CambiumProcess.Outcome {
    let folder = try Demo.folder()
    let package = try Demo.reference.get().path
    let arguments = command.arguments.map { $0 == "PACKAGE" ? package : $0 }
    return try CambiumProcess(
      arguments, program: command.program, in: folder.path, limits: limits, stdout: stdout
    ).wait()
  }

  @Test(arguments: commands) func `08 a full device is 74 and one line`(command: Command) throws {
    let outcome = try run(command, limits: "exec >/dev/full")
    #expect(outcome.end == .exit(74), "\(outcome.summary)")
    #expect(outcome.err.components(separatedBy: "error: ").count == 2, "\(outcome.err)")
    #expect(outcome.err.contains("E_OUTPUT_LOST: ") && outcome.err.hasSuffix("\n"), "\(outcome.err)")
  }

  @Test(arguments: commands) func `08 a closed standard output is 74 and one line`(command: Command) throws {
    let outcome = try run(command, limits: "exec >&-")
    #expect(outcome.end == .exit(74), "\(outcome.summary)")
    #expect(outcome.err.contains("E_OUTPUT_LOST: "), "\(outcome.err)")
  }

  @Test(arguments: commands) func `08 a reader that left is 74 without a word`(command: Command) throws {
    var ends: [Int32] = [0, 0]
    #expect(pipe(&ends) == 0)
    close(ends[0])
    defer { close(ends[1]) }
    let outcome = try run(command, stdout: ends[1])
    #expect(outcome.end == .exit(74), "\(outcome.summary)")
    #expect(!outcome.err.contains("error: "), "\(outcome.err)")
  }

  @Test(arguments: ["exec >/dev/full", "exec >&-", "exec <&- >&-"])
  func `a run without standard output goes on to its end`(limits: String) throws {
    let folder = try Demo.folder()
    let outcome = try runDemo(folder, ["--threads", "1"], limits: limits)
    #expect(outcome.end == .exit(74), "\(outcome.summary)")
    try expectReference(folder)
  }

  @Test func `a run without standard error goes on to its end`() throws {
    let folder = try Demo.folder()
    let outcome = try runDemo(folder, ["--threads", "1"], limits: "exec 2>&-")
    #expect(outcome.isSuccess, "\(outcome.summary)")
    try expectReference(folder)
  }

  @Test func `an error keeps its own status when nothing can be printed`() throws {
    let folder = try Demo.folder()
    let outcome = try CambiumProcess.run(
      ["plan", "missing.json", "--json"], in: folder.path, limits: "exec >/dev/full")
    #expect(outcome.end == .exit(66), "\(outcome.summary)")
    #expect(outcome.err.contains("error: E_"), "\(outcome.err)")
  }
}
