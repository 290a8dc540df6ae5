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
    let (outcome, notes) = try run.letGo()
    #expect(outcome.end == .exit(75), "\(outcome.summary)")
    #expect(outcome.out.isEmpty)
    #expect(notes.contains("E_STOPPED"), "\(notes)")
    #expect(notes.contains("cambium run m.json --threads 2"), "\(notes)")
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
    let (outcome, _) = try run.letGo()
    #expect(outcome.end == .exit(75))
    let error = try document(outcome.out)["error"]
    #expect(error?["code"]?.stringValue == "E_STOPPED")
    #expect(error?["exit"]?.intValue == 75)
  }

  @Test func `the second signal ends at once and the work is kept`() throws {
    let folder = try Demo.folder()
    let run = try HeldRun(folder)
    run.process.send(SIGINT)
    // Two signals that wait are one: the first must have arrived.
    usleep(100_000)
    run.process.send(SIGINT)
    let (outcome, _) = try run.letGo()
    // It may have been let go between the two.
    #expect(outcome.end == .exit(130) || outcome.end == .exit(75), "\(outcome.summary)")
    #expect(!folder.exists("out"))
    #expect(try runDemo(folder).isSuccess)
    try expectReference(folder)
  }

  @Test func `a signal at any time stops or comes too late`() throws {
    var generator = SplitMix(seed: 75)
    var stopped = 0
    for _ in 0..<12 {
      let folder = try Demo.folder()
      let process = try CambiumProcess(["run", "m.json"], in: folder.path)
      // Before the lock is there the signal may find no handler yet.
      while !folder.exists("out.work/lock"), kill(process.pid, 0) == 0 { usleep(200) }
      usleep(UInt32.random(in: 0...60_000, using: &generator))
      process.send(SIGSTOP)
      process.send(SIGINT)
      process.send(SIGCONT)
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

/// A run that stands still behind its first stage: its standard error is a pipe that is full.
struct HeldRun {
  let process: CambiumProcess
  private let reader: Int32
  private let filled: Int

  /// Starts a run and returns once the first stage has its receipt.
  init(_ folder: ScratchFolder, _ more: [String] = []) throws {
    var ends: [Int32] = [0, 0]
    guard pipe(&ends) == 0 else { throw CambiumProcess.Failure(description: "no pipe") }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    _ = fcntl(ends[1], F_SETFL, O_NONBLOCK)
    let filler = [UInt8](repeating: UInt8(ascii: "."), count: 4096)
    var filled = 0
    for size in [4096, 1] {
      while true {
        let count = write(ends[1], filler, size)
        if count <= 0 { break }
        filled += count
      }
    }
    _ = fcntl(ends[1], F_SETFL, 0)
    reader = ends[0]
    self.filled = filled
    process = try CambiumProcess(["run", "m.json"] + more, in: folder.path, stderr: ends[1])
    close(ends[1])
    for _ in 0..<20_000 where !folder.exists("out.work/inspect/receipt.json") { usleep(1000) }
  }

  /// Empties the pipe, waits for the end, and returns what was noted.
  func letGo() throws -> (CambiumProcess.Outcome, notes: String) {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65536)
    while true {
      let count = read(reader, &buffer, buffer.count)
      if count <= 0 { break }
      bytes += buffer[..<count]
    }
    close(reader)
    return (try process.wait(), String(decoding: bytes.dropFirst(filled), as: UTF8.self))
  }
}
