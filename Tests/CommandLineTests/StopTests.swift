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

  @Test func `F6 a stop ends several runs, though --keep-going, and the summary says what was not begun`() throws {
    let folder = try Demo.folder()
    try Demo.writeManifest(in: folder, name: "n.json", output: "other")
    let command = ["run", "m.json", "n.json", "--keep-going"]
    let stopped = try outcome(command, in: folder, heldAt: "journal:1", SIGINT)
    #expect(stopped.end == .exit(75), "\(stopped.summary)")
    #expect(stopped.out.contains("m.json    stopped with 75, E_STOPPED"), "\(stopped.out)")
    #expect(stopped.out.contains("n.json    not begun") && stopped.out.contains("0 of 2 done"), "\(stopped.out)")
    #expect(stopped.err.contains("cambium run m.json n.json --keep-going"), "\(stopped.err)")
    #expect(!folder.exists("out") && !folder.exists("other") && !folder.exists("other.work"))
    #expect(try CambiumProcess.run(command, in: folder.path).out.hasSuffix("\n2 of 2 done\n"))
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

  /// A process that is held until it has the signal, and then finds that nobody reads what it writes. One that waited
  /// would do so for ever, and this test with it.
  private func outcome(
    _ arguments: [String], of program: String = "cambium", in folder: ScratchFolder, heldAt point: String,
    _ signal: Int32, stdout: OutputPipe? = nil, stderr: OutputPipe? = nil, then: () -> Void = {}
  ) throws -> CambiumProcess.Outcome {
    let process = try CambiumProcess(
      arguments, program: program, in: folder.path, environment: ["CAMBIUM_CRASH_AT": point + ":stop"],
      stdout: stdout?.writer, stderr: stderr?.writer)
    try #require(try process.waitForStop(), "not held")
    for pipe in [stdout, stderr] { pipe?.fill() }
    then()
    process.send(signal)
    process.send(SIGCONT)
    return try process.wait()
  }

  private func packageFolder() throws -> ScratchFolder {
    let folder = try ScratchFolder()
    try FileManager.default.copyItem(atPath: Demo.reference.get().path, toPath: folder["out"])
    return folder
  }

  @Test(arguments: [SIGINT, SIGTERM])
  func `C5 a run whose messages nobody reads stops, and the next goes on`(signal: Int32) throws {
    let folder = try Demo.folder()
    let stopped = try outcome(["run", "m.json"], in: folder, heldAt: "journal:1", signal, stderr: OutputPipe())
    #expect(stopped.end == .exit(75), "\(stopped.summary)")
    #expect(!folder.exists("out"))
    #expect(try runDemo(folder).isSuccess)
    try expectReference(folder)
  }

  @Test(arguments: [SIGINT, SIGTERM])
  func `C5 a result that nobody reads holds no process that is to end`(signal: Int32) throws {
    let folder = try packageFolder()
    let end = try outcome(
      ["package", "out", "--archive"], in: folder, heldAt: "rename:2", signal, stdout: OutputPipe())
    #expect(end.end == .exit(128 + signal), "\(end.summary)")
    #expect(try CambiumProcess.run(["unpack", "out.tar.zst", "--output", "back"], in: folder.path).isSuccess)
  }

  @Test(arguments: [SIGINT, SIGTERM])
  func `C5 a run that has published and whose result nobody reads ends at the first signal`(signal: Int32) throws {
    let folder = try Demo.folder()
    #expect(try runDemo(folder).isSuccess)
    // All is done before: the only file that is still written, behind the last stage, is what is known of digests.
    let end = try outcome(["run", "m.json"], in: folder, heldAt: "rename:1", signal, stdout: OutputPipe())
    #expect(end.end == .exit(128 + signal) && end.err.contains("package: done before"), "\(end.summary)")
    try expectReference(folder)
  }

  @Test func `C5 a pipe without a reader, or with one that does not read, holds no process that is to end`() throws {
    let folder = try packageFolder()
    #expect(mkfifo(folder["pipe"], 0o600) == 0)
    let archive = ["package", "out", "--archive", "--output", "pipe"]
    let alone = try outcome(archive, in: folder, heldAt: "stream:1", SIGTERM)
    #expect(alone.end == .exit(75) && alone.err.contains("E_STOPPED"), "\(alone.summary)")
    let bench = [
      "bench", "out", "--random-ids", "2", "--limit", "1", "--repetitions", "1", "--per-class", "1", "--decoders",
      "vanilla", "--quiet", "--csv", "pipe",
    ]
    let measured = try outcome(bench, of: "verify-runner", in: folder, heldAt: "stream:1", SIGTERM)
    #expect(measured.end == .exit(128 + SIGTERM), "\(measured.summary)")

    let both = open(folder["pipe"], O_RDWR | O_NONBLOCK | O_CLOEXEC)
    defer { close(both) }
    let unread = try outcome(archive, in: folder, heldAt: "write:1", SIGTERM) {
      let bytes = [UInt8](repeating: 0, count: 4096)
      while write(both, bytes, bytes.count) > 0 {}
    }
    #expect(unread.end == .exit(75) && unread.err.contains("E_STOPPED"), "\(unread.summary)")
    #expect(folder.leftovers == [])
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
