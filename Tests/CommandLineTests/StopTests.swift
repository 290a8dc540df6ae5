import TestSupport
import Foundation
import Testing

#if canImport(Glibc)
  import Glibc
#endif

/// SIGINT and SIGTERM end a run with status 75 and the command that goes on; the same command then does.
@Suite struct StopTests {
  @Test(arguments: [SIGINT, SIGTERM]) func `a signal ends the run with 75 and the command that resumes`(signal: Int32)
    throws
  {
    let folder = try Demo.folder()
    let run = try HeldRun(folder, ["--threads", "2"])
    run.process.send(signal)
    let outcome = try run.letGo()
    #expect(outcome.end == .exit(75), "\(outcome.summary)")
    #expect(outcome.out.isEmpty)
    #expect(outcome.err.contains("E_STOPPED"), "\(outcome.err)")
    #expect(outcome.err.contains("cambium run m.json --threads 2"), "\(outcome.err)")
    #expect(!folder.exists("out"))
    let next = try runDemo(folder, ["--threads", "2"])
    #expect(next.isSuccess, "\(next.summary)")
    #expect(next.err.contains("inspect: done before"), "\(next.err)")
    try expectReference(folder)
  }

  @Test func `a stopped run says so as JSON`() throws {
    let folder = try Demo.folder()
    let run = try HeldRun(folder, ["--json"])
    run.process.send(SIGINT)
    let outcome = try run.letGo()
    #expect(outcome.end == .exit(75))
    let error = try document(outcome.out)["error"]
    #expect(error?["code"]?.stringValue == "E_STOPPED")
    #expect(error?["exit"]?.intValue == 75)
  }

  @Test func `the second signal ends at once and the work is kept`() throws {
    let folder = try Demo.folder()
    let run = try HeldRun(folder)
    run.process.send(SIGINT)
    // Two of one kind that wait would be one. Both are there before the process goes on.
    run.process.send(SIGTERM)
    let outcome = try run.letGo()
    #expect(outcome.end == .exit(128 + SIGINT) || outcome.end == .exit(128 + SIGTERM), "\(outcome.summary)")
    #expect(!folder.exists("out"))
    #expect(try runDemo(folder).isSuccess)
    try expectReference(folder)
  }

  @Test func `a signal at any time stops or comes too late`() throws {
    var generator = SplitMix(seed: 75)
    var stopped = 0
    for _ in 0..<12 {
      let folder = try Demo.folder()
      let point = ["write", "fsync", "rename", "journal", "remove"][generator.below(5)]
      // Some passes are beyond those of a run: then it ends, and the signal comes too late.
      let pass = 1 + generator.below(point == "journal" ? 12 : 40)
      let process = try CambiumProcess(
        ["run", "m.json"], in: folder.path, environment: ["CAMBIUM_CRASH_AT": "\(point):\(pass):stop"])
      if try process.waitForStop() {
        process.send(SIGINT)
        process.send(SIGCONT)
      }
      let outcome = try process.wait()
      #expect(outcome.isSuccess || outcome.end == .exit(75), "\(outcome.summary)")
      if outcome.end == .exit(75) {
        stopped += 1
        #expect(!folder.exists("out"))
      }
      #expect(try runDemo(folder).isSuccess)
      try expectReference(folder)
    }
    #expect(stopped > 0)
  }
}

/// A run that stands still after its first stage, whose receipt is written, at the first entry of the journal.
struct HeldRun {
  let process: CambiumProcess

  /// Starts a run and returns once it stands.
  init(_ folder: ScratchFolder, _ more: [String] = []) throws {
    process = try CambiumProcess(
      ["run", "m.json"] + more, in: folder.path, environment: ["CAMBIUM_CRASH_AT": "journal:1:stop"])
    guard try process.waitForStop() else {
      throw CambiumProcess.Failure(description: "not held: \(try process.wait().summary)")
    }
  }

  /// Lets it go on, and waits for the end.
  func letGo() throws -> CambiumProcess.Outcome {
    process.send(SIGCONT)
    return try process.wait()
  }
}
