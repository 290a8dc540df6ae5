#if os(Linux)
  import Files
  import Glibc
  import TestSupport
  import Testing

  @Suite struct CrashTests {
    @Test(arguments: [("write", 2), ("fsync", 4), ("rename", 2)])
    func `a written file is the old one or the new one`(_ point: String, _ kills: Int) throws {
      let count = try child.dieEverywhere("atomic", at: point) { scratch in
        try scratch.put("old", at: "a")
      } check: {
        try expectOldOrNew($0)
      }
      #expect(count == kills)
    }

    @Test func `a published folder is whole or not there`() throws {
      let count = try child.dieEverywhere("publish", at: "rename") { scratch in
        try Folder.create(scratch.at("partial"))
        try scratch.put("x", at: "partial/x")
      } check: { scratch in
        let names = try scratch.names()
        #expect(names == ["partial"] || names == ["final"])
        #expect(try Folder.entries(scratch.at(names.first ?? "")) == ["x"])
      }
      #expect(count == 2)
    }
  }
#endif
