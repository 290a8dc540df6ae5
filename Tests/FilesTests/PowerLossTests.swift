#if os(Linux)
  import Files
  import Glibc
  import TestSupport
  import Testing

  /// What was not synced is lost with the power, and nothing but that.
  @Suite struct PowerLossTests {
    /// The layer itself: a rename without a sync of the content must show.
    @Test func `a name without synced content is an empty file`() throws {
      let scratch = try ScratchFolder.lasting()
      let order = ["CAMBIUM_CRASH_AT": "write:3", "CAMBIUM_POWER_LOSS": "0"]
      #expect(try child.run("careless", in: scratch.path, environment: order) == .signal(SIGKILL))
      #expect(try scratch.names() == ["a"])
      #expect(try scratch.content("a") == "")
    }

    @Test func `a kill alone loses nothing`() throws {
      let scratch = try ScratchFolder.lasting()
      #expect(
        try child.run("careless", in: scratch.path, environment: ["CAMBIUM_CRASH_AT": "write:3"])
          == .signal(SIGKILL))
      #expect(try scratch.content("a") == "content")
    }

    @Test(arguments: ["write", "fsync", "rename"], [0, 1, 2, 3])
    func `a written file is the old one or the new one`(_ point: String, _ seed: Int) throws {
      let count = try child.dieEverywhere("atomic", at: point, seed: seed) { scratch in
        try scratch.put("old", at: "a")
      } check: {
        try expectOldOrNew($0)
      }
      #expect(count > 0)
    }

    private func fill(_ scratch: ScratchFolder) throws {
      try Folder.create(scratch.at("tree/sub"))
      for name in ["tree/a", "tree/sub/b", "tree/sub/c"] { try scratch.put(name, at: name) }
    }

    /// All of it comes back with the power until the folder above is synced; killed alone, what is gone stays gone.
    @Test func `a removal that was not synced is taken back`() throws {
      var whole = 0
      let cuts = try child.dieEverywhere("remove", at: "remove", seed: 0) {
        try fill($0)
      } check: { scratch in
        guard try scratch.names() == ["tree"] else { return }
        whole += 1
        #expect(try scratch.content("tree/a") == "tree/a")
        #expect(try scratch.content("tree/sub/b") == "tree/sub/b")
        #expect(try scratch.content("tree/sub/c") == "tree/sub/c")
      }
      // Before and behind each of three files and two folders.
      #expect(cuts == 10)
      #expect(whole == 10)
      let kills = try child.dieEverywhere("remove", at: "remove") {
        try fill($0)
      } check: { scratch in
        let names = try scratch.names()
        #expect(names.isEmpty || names == ["tree"])
      }
      #expect(kills == 10)
    }

    @Test func `after the sync a removal is for ever`() throws {
      // The second pass is behind the sync.
      let scratch = try ScratchFolder.lasting()
      try fill(scratch)
      let order = ["CAMBIUM_CRASH_AT": "fsync:2", "CAMBIUM_POWER_LOSS": "0"]
      #expect(try child.run("remove", in: scratch.path, environment: order) == .signal(SIGKILL))
      #expect(try scratch.names() == [])
    }

    /// A file of the same name is another one: what came back may not be the content that was never synced.
    @Test func `what comes back has the content that was durable`() throws {
      let scratch = try ScratchFolder.lasting()
      try scratch.put("durable", at: "a")
      let order = ["CAMBIUM_CRASH_AT": "remove:2", "CAMBIUM_POWER_LOSS": "0"]
      #expect(try child.run("overwrite-remove", in: scratch.path, environment: order) == .signal(SIGKILL))
      #expect(try scratch.content("a") == "durable")
    }

    /// Of several names some come back: a run must do with each choice.
    @Test(arguments: 1...8) func `some of the names come back`(_ seed: Int) throws {
      let scratch = try ScratchFolder.lasting()
      try fill(scratch)
      let order = ["CAMBIUM_CRASH_AT": "remove:10", "CAMBIUM_POWER_LOSS": "\(seed)"]
      #expect(try child.run("remove", in: scratch.path, environment: order) == .signal(SIGKILL))
      #expect(try child.run("remove", in: scratch.path) == .exit(0))
      #expect(try scratch.names() == [])
    }
  }
#endif
