#if os(Linux)
  import Glibc
  import Testing
  import Diagnostics
  import Files
  import Threads
  import Workspace

  @Suite struct CrashTests {
    @Test(arguments: [("write", 2), ("fsync", 4), ("rename", 2)])
    func `a written file is the old one or the new one`(_ point: String, _ kills: Int) throws {
      let count = try dieEverywhere("atomic", at: point) { scratch in
        try scratch.put("old", at: "a")
      } check: {
        try expectOldOrNew($0)
      }
      #expect(count == kills)
    }

    @Test func `a published folder is whole or not there`() throws {
      let count = try dieEverywhere("publish", at: "rename") { scratch in
        try Folder.create(scratch("partial"))
        try scratch.put("x", at: "partial/x")
      } check: { scratch in
        let names = try scratch.names()
        #expect(names == ["partial"] || names == ["final"])
        #expect(try Folder.entries(scratch(names.first ?? "")) == ["x"])
      }
      #expect(count == 2)
    }

    @Test(arguments: ["write", "fsync", "rename", "journal"]) func `a journal goes on after a kill`(_ point: String)
      throws
    {
      let count = try dieEverywhere("journal", at: point) { try expectJournalGoesOn($0) }
      #expect(count > 0)
    }

    @Test func `a lock dies with its process`() throws {
      let scratch = try Scratch()
      #expect(try ChildProcess.run("hold", in: scratch.path) == .signal(SIGKILL))
      let lock = try WorkLock(folder: scratch.path)
      #expect(try ChildProcess.run("lock", in: scratch.path) == .exit(75))
      lock.release()
      #expect(try ChildProcess.run("lock", in: scratch.path) == .exit(0))
    }
  }
#endif
