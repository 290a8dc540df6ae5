#if os(Linux)
  import Digests
  import Glibc
  import StrictJSON
  import Testing
  import Workspace

  @Suite struct CrashTests {
    /// Kills the scenario at each pass of a point until it lives through; returns the number of kills.
    func killEverywhere(
      _ scenario: String, at point: String, prepare: (Scratch) throws -> Void, check: (Scratch) throws -> Void
    ) throws -> Int {
      for pass in 1..<100 {
        let scratch = try Scratch()
        try prepare(scratch)
        let order = ["CAMBIUM_CRASH_AT": "\(point):\(pass)"]
        let end = try ChildProcess.run(scenario, in: scratch.path, environment: order)
        try check(scratch)
        if end == .exit(0) { return pass - 1 }
        #expect(end == .signal(SIGKILL))
      }
      Issue.record("the scenario never ended by itself")
      return 0
    }

    @Test(arguments: [("write", 2), ("fsync", 4), ("rename", 2)])
    func atomicWriteIsOldOrNew(_ point: String, _ kills: Int) throws {
      let count = try killEverywhere("atomic", at: point) { scratch in
        try scratch.put("old", at: "a")
      } check: { scratch in
        #expect(["old", "new content"].contains(try scratch.text("a")))
        try AtomicFile.removeLeftovers(in: scratch.path)
        #expect(try scratch.names() == ["a"])
      }
      #expect(count == kills)
    }

    @Test func publishingIsWholeOrNot() throws {
      let count = try killEverywhere("publish", at: "rename") { scratch in
        try Folder.create(scratch("partial"))
        try scratch.put("x", at: "partial/x")
      } check: { scratch in
        let names = try scratch.names()
        #expect(names == ["partial"] || names == ["final"])
        #expect(try Folder.entries(scratch(names.first ?? "")) == ["x"])
      }
      #expect(count == 2)
    }

    @Test(arguments: ["write", "fsync", "rename", "journal"]) func aJournalGoesOnBehindAKill(_ point: String) throws {
      let key = SHA256Digest.of([1])
      let count = try killEverywhere("journal", at: point) { _ in
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

    @Test func aLockDiesWithItsProcess() throws {
      let scratch = try Scratch()
      #expect(try ChildProcess.run("hold", in: scratch.path) == .signal(SIGKILL))
      let lock = try WorkLock(folder: scratch.path)
      #expect(try ChildProcess.run("lock", in: scratch.path) == .exit(75))
      lock.release()
      #expect(try ChildProcess.run("lock", in: scratch.path) == .exit(0))
    }
  }
#endif
