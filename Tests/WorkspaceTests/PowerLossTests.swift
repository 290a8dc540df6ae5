#if os(Linux)
  import Digests
  import Glibc
  import StrictJSON
  import Testing
  import Workspace

  /// What was not synced is lost with the power, and nothing but that.
  @Suite struct PowerLossTests {
    /// Cuts the power at each pass of a point until the scenario lives through; returns the number of cuts.
    private func cutEverywhere(
      _ scenario: String, at point: String, seed: Int, prepare: (Scratch) throws -> Void,
      check: (Scratch) throws -> Void
    ) throws -> Int {
      for pass in 1..<100 {
        let scratch = try Scratch()
        try prepare(scratch)
        let order = ["CAMBIUM_CRASH_AT": "\(point):\(pass)", "CAMBIUM_POWER_LOSS": "\(seed)"]
        let end = try ChildProcess.run(scenario, in: scratch.path, environment: order)
        try check(scratch)
        if end == .exit(0) { return pass - 1 }
        #expect(end == .signal(SIGKILL))
      }
      Issue.record("the scenario never ended by itself")
      return 0
    }

    /// The layer itself: a rename without a sync of the content must show.
    @Test func aNameWithoutASyncedContentIsAnEmptyFile() throws {
      let scratch = try Scratch()
      let order = ["CAMBIUM_CRASH_AT": "write:3", "CAMBIUM_POWER_LOSS": "0"]
      #expect(try ChildProcess.run("careless", in: scratch.path, environment: order) == .signal(SIGKILL))
      #expect(try scratch.names() == ["a"])
      #expect(try scratch.text("a") == "")
    }

    @Test func aKillAloneLosesNothing() throws {
      let scratch = try Scratch()
      #expect(
        try ChildProcess.run("careless", in: scratch.path, environment: ["CAMBIUM_CRASH_AT": "write:3"])
          == .signal(SIGKILL))
      #expect(try scratch.text("a") == "content")
    }

    @Test(arguments: ["write", "fsync", "rename"], [0, 1, 2, 3]) func atomicWriteIsOldOrNew(
      _ point: String, _ seed: Int
    )
      throws
    {
      let count = try cutEverywhere("atomic", at: point, seed: seed) { scratch in
        try scratch.put("old", at: "a")
      } check: { scratch in
        #expect(["old", "new content"].contains(try scratch.text("a")))
        try AtomicFile.removeLeftovers(in: scratch.path)
        #expect(try scratch.names() == ["a"])
      }
      #expect(count > 0)
    }

    @Test(arguments: ["write", "fsync", "journal"], [0, 5]) func aSyncedJournalLineStays(_ point: String, _ seed: Int)
      throws
    {
      let key = SHA256Digest.of([1])
      let count = try cutEverywhere("journal", at: point, seed: seed) { _ in
      } check: { scratch in
        try AtomicFile.removeLeftovers(in: scratch.path)
        let (journal, records) = try Journal.open(folder: scratch.path, key: key)
        try journal.close()
        #expect(records.map { $0["unit"]?.intValue } == (0..<records.count).map { $0 })
        #expect(try ChildProcess.run("journal", in: scratch.path) == .exit(0))
        #expect(try Journal.open(folder: scratch.path, key: key).records.count == 5)
      }
      #expect(count > 0)
    }
  }
#endif
