import SystemPackage
#if os(Linux)
  import Glibc
  import TestSupport
  import Testing
  import Workspace

  /// A run that dies, or loses power, leaves a work folder with which the next one goes on.
  @Suite struct WorkspaceCrashTests {
    @Test(arguments: ["write", "fsync", "rename", "journal"]) func `a journal goes on after a kill`(_ point: String)
      throws
    {
      let count = try child.dieEverywhere("journal", at: point) { try expectJournalGoesOn($0) }
      #expect(count > 0)
    }

    @Test(arguments: ["write", "fsync", "journal"], [0, 5])
    func `a synced journal line stays`(_ point: String, _ seed: Int) throws {
      let count = try child.dieEverywhere("journal", at: point, seed: seed) { try expectJournalGoesOn($0) }
      #expect(count > 0)
    }

    @Test func `a lock dies with its process`() throws {
      let scratch = try ScratchFolder.lasting()
      #expect(try child.run("hold", in: scratch.path) == .signal(SIGKILL))
      let lock = try WorkLock(folder: scratch.folder)
      #expect(try child.run("lock", in: scratch.path) == .exit(75))
      lock.release()
      #expect(try child.run("lock", in: scratch.path) == .exit(0))
    }
  }
#endif
