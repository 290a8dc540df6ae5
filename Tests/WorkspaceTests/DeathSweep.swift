#if os(Linux)
  import Digests
  import Glibc
  import StrictJSON
  import Testing
  import Diagnostics
  import Files
  import Threads
  import Workspace

  /// Ends a scenario at each pass of a point until it lives through, each time in a folder of its own; returns the number
  /// of deaths.
  /// - Parameters:
  ///   - seed: makes each death a power cut, which takes back what was not synced; see `PowerLoss`.
  ///   - check: looks at what is left, also behind the run that lived.
  func dieEverywhere(
    _ scenario: String, at point: String, seed: Int? = nil, prepare: (Scratch) throws -> Void = { _ in },
    check: (Scratch) throws -> Void
  ) throws -> Int {
    for pass in 1..<100 {
      let scratch = try Scratch()
      try prepare(scratch)
      var order = ["CAMBIUM_CRASH_AT": "\(point):\(pass)"]
      if let seed { order["CAMBIUM_POWER_LOSS"] = "\(seed)" }
      let end = try ChildProcess.run(scenario, in: scratch.path, environment: order)
      try check(scratch)
      if end == .exit(0) { return pass - 1 }
      #expect(end == .signal(SIGKILL))
    }
    Issue.record("the scenario never ended by itself")
    return 0
  }

  /// Holds what a death left of the scenario `journal` against what it had done: records in order, and the next run goes
  /// on behind the last.
  func expectJournalGoesOn(_ scratch: Scratch) throws {
    let key = SHA256Digest.of([1])
    try AtomicFile.removeLeftovers(in: scratch.path)
    let (journal, records) = try Journal.open(folder: scratch.path, key: key)
    try journal.close()
    #expect(records.map { $0["unit"]?.intValue } == (0..<records.count).map { $0 })
    #expect(try ChildProcess.run("journal", in: scratch.path) == .exit(0))
    #expect(try Journal.open(folder: scratch.path, key: key).records.count == 5)
  }

  /// The old file or the new one, and nothing else once leftovers are gone.
  func expectOldOrNew(_ scratch: Scratch) throws {
    #expect(["old", "new content"].contains(try scratch.text("a")))
    try AtomicFile.removeLeftovers(in: scratch.path)
    #expect(try scratch.names() == ["a"])
  }
#endif
