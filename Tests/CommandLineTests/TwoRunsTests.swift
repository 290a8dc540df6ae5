import TestSupport
import Foundation
import Testing

/// One work folder has one writer.
@Suite struct TwoRunsTests {
  @Test func `a second run ends with 75 and names the first`() throws {
    let folder = try Demo.folder()
    let first = try HeldRun(folder)
    let second = try runDemo(folder)
    #expect(second.end == .exit(75), "\(second.summary)")
    #expect(second.err.contains("E_WORK_LOCKED"))
    #expect(second.err.contains("held by process \(first.process.pid)"), "\(second.err)")
    #expect(second.out.isEmpty)

    let status = try CambiumProcess.run(["status", "m.json"], in: folder.path)
    #expect(status.isSuccess)
    #expect(status.out.contains("held by process \(first.process.pid)"), "\(status.out)")

    let outcome = try first.letGo()
    #expect(outcome.isSuccess, "\(outcome.summary)")
    try expectReference(folder)
    #expect(try runDemo(folder).isSuccess)
  }

  @Test func `two work folders and one output leave one whole package`() throws {
    let folder = try Demo.folder()
    let runs = try ["a", "b"].map { try CambiumProcess(["run", "m.json", "--work", $0], in: folder.path) }
    let outcomes = try runs.map { try $0.wait() }
    #expect(outcomes.contains { $0.isSuccess })
    for outcome in outcomes where !outcome.isSuccess {
      #expect([.exit(65), .exit(75)].contains(outcome.end), "\(outcome.summary)")
    }
    #expect(differences(try Demo.reference.get().path, folder["out"]) == [])
  }
}
