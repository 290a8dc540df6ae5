import Files
import Testing

@Suite struct FolderInTheMakingTests {
  @Test func oneProcessHasItAtATime() throws {
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

  @Test func whatADeadProcessLeftIsRemoved() throws {
    let scratch = try Scratch()
    try Folder.create(scratch("partial/sub"))
    try scratch.put("old", at: "partial/sub/file")
    let folder = try FolderInTheMaking(path: scratch("partial"))
    #expect(try Folder.entries(scratch("partial")) == [])
    folder.release()
  }

  @Test func aRenamedFolderIsNoLongerTheOneOfThatName() throws {
    let scratch = try Scratch()
    let first = try FolderInTheMaking(path: scratch("partial"))
    try Folder.renameNoReplace(scratch("partial"), scratch("final"))
    let second = try FolderInTheMaking(path: scratch("partial"))
    #expect(try scratch.names() == ["final", "partial"])
    first.release()
    second.release()
  }

  @Test func aLinkInItsPlaceIsRemovedAndNotFollowed() throws {
    let scratch = try Scratch()
    try Folder.create(scratch("elsewhere"))
    try scratch.put("kept", at: "elsewhere/file")
    try scratch.link("partial", to: "elsewhere")
    try FolderInTheMaking(path: scratch("partial")).release()
    #expect(try scratch.text("elsewhere/file") == "kept")
    #expect(try Folder.entries(scratch("partial")) == [])
  }
}
