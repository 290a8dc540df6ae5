import Files
import Testing

@Suite struct FolderInTheMakingTests {
  @Test func `one process has it at a time`() throws {
    let scratch = try Scratch()
    let first = try FolderInTheMaking(path: scratch("partial"))
    try scratch.put("mine", at: "partial/file")
    #expect(throws: StorageError.busy(folder: scratch("partial"))) {
      _ = try FolderInTheMaking(path: scratch("partial"))
    }
    #expect(try scratch.text("partial/file") == "mine")
    #expect(StorageError.busy(folder: "x").diagnostic.exitStatus.rawValue == 75)
    first.release()
    try FolderInTheMaking(path: scratch("partial")).release()
    #expect(try Folder.entries(scratch("partial")) == [])
  }

  @Test func `what a dead process left is removed`() throws {
    let scratch = try Scratch()
    try Folder.create(scratch("partial/sub"))
    try scratch.put("old", at: "partial/sub/file")
    let folder = try FolderInTheMaking(path: scratch("partial"))
    #expect(try Folder.entries(scratch("partial")) == [])
    folder.release()
  }

  @Test func `a renamed folder is no longer the one of that name`() throws {
    let scratch = try Scratch()
    let first = try FolderInTheMaking(path: scratch("partial"))
    try Folder.renameNoReplace(scratch("partial"), scratch("final"))
    let second = try FolderInTheMaking(path: scratch("partial"))
    #expect(try scratch.names() == ["final", "partial"])
    first.release()
    second.release()
  }

  @Test func `a link in its place is removed and not followed`() throws {
    let scratch = try Scratch()
    try Folder.create(scratch("elsewhere"))
    try scratch.put("kept", at: "elsewhere/file")
    try scratch.link("partial", to: "elsewhere")
    try FolderInTheMaking(path: scratch("partial")).release()
    #expect(try scratch.text("elsewhere/file") == "kept")
    #expect(try Folder.entries(scratch("partial")) == [])
  }
}
