import Foundation
import Files
import TestSupport
import Testing

@Suite struct FolderInTheMakingTests {
  @Test func `one process has it at a time`() throws {
    let scratch = try ScratchFolder.lasting()
    let first = try FolderInTheMaking(path: scratch.at("partial")) { _ in true }
    try scratch.put("mine", at: "partial/file")
    #expect(throws: StorageError.busy(folder: scratch.at("partial"))) {
      _ = try FolderInTheMaking(path: scratch.at("partial")) { _ in true }
    }
    #expect(scratch.text("partial/file") == "mine")
    #expect(StorageError.busy(folder: "x").diagnostic.exitStatus.rawValue == 75)
    first.release()
    try FolderInTheMaking(path: scratch.at("partial"), isOwn: { _ in true }).release()
    #expect(try Folder.entries(scratch.at("partial")) == [])
  }

  @Test func `what a dead process left is removed`() throws {
    let scratch = try ScratchFolder.lasting()
    try Folder.create(scratch.at("partial/sub"))
    try scratch.put("old", at: "partial/sub/file")
    let folder = try FolderInTheMaking(path: scratch.at("partial")) { _ in true }
    #expect(try Folder.entries(scratch.at("partial")) == [])
    folder.release()
  }

  @Test func `a renamed folder is no longer the one of that name`() throws {
    let scratch = try ScratchFolder.lasting()
    let first = try FolderInTheMaking(path: scratch.at("partial")) { _ in true }
    try Folder.renameNoReplace(scratch.at("partial"), scratch.at("final"))
    let second = try FolderInTheMaking(path: scratch.at("partial")) { _ in true }
    #expect(try scratch.names() == ["final", "partial"])
    first.release()
    second.release()
  }

  @Test func `of what is there, one file of somebody's refuses it, and nothing goes`() throws {
    let scratch = try ScratchFolder.lasting()
    try scratch.put("ours", at: "partial/a")
    try scratch.put("mine", at: "partial/b")
    #expect(throws: StorageError.targetExists(path: scratch.at("partial/b"))) {
      try FolderInTheMaking(path: scratch.at("partial")) { $0.name == Array("a".utf8) }
    }
    #expect(scratch.tree("partial") == ["a", "b"])
  }

  @Test func `a link in its place is somebody's: it stays, and is not followed`() throws {
    let scratch = try ScratchFolder.lasting()
    try Folder.create(scratch.at("elsewhere"))
    try scratch.put("kept", at: "elsewhere/file")
    try scratch.link("partial", to: "elsewhere")
    #expect(throws: StorageError.targetExists(path: scratch.at("partial"))) {
      try FolderInTheMaking(path: scratch.at("partial")) { _ in true }
    }
    #expect(scratch.text("elsewhere/file") == "kept")
  }
}

@Suite struct OutputLockTests {
  @Test func `one process at a time has the right to a place, and it leaves nothing behind`() throws {
    let scratch = try ScratchFolder.lasting()
    let lock = try OutputLock(scratch.at("out"), list: "LIST")
    #expect(throws: StorageError.busy(folder: scratch.at("out"))) { try OutputLock(scratch.at("out"), list: "LIST") }
    lock.release()
    #expect(try scratch.names() == [])
    try OutputLock(scratch.at("out"), list: "LIST").release()
  }

  @Test func `a file of the lock's name that holds something is somebody's, and stays`() throws {
    let scratch = try ScratchFolder.lasting()
    try scratch.put("mine", at: ".out.cambium-lock")
    #expect(throws: StorageError.targetExists(path: scratch.at(".out.cambium-lock"))) {
      try OutputLock(scratch.at("out"), list: "LIST")
    }
    #expect(scratch.text(".out.cambium-lock") == "mine")
  }

  /// Case 02.
  @Test func `a folder that changed while it was replaced is back in its place`() throws {
    let scratch = try ScratchFolder.lasting()
    let lock = try OutputLock(scratch.at("out"), list: "LIST")
    defer { lock.release() }
    for name in ["out", ".out.cambium-partial"] {
      try FileManager.default.createDirectory(atPath: scratch[name], withIntermediateDirectories: false)
      try scratch.put(name, at: name + "/file")
    }
    #expect(throws: StorageError.targetExists(path: scratch.at("out"))) { try lock.replace([]) }
    #expect(scratch.text("out/file") == "out")
    #expect(try lock.replace(Folder.tree(scratch.at("out"))) == [])
    #expect(scratch.text("out/file") == ".out.cambium-partial")
  }

  /// Case 21, where two names cannot be exchanged.
  @Test func `the earlier folder comes back when a killed process left nothing in its place`() throws {
    let scratch = try ScratchFolder.lasting()
    try FileManager.default.createDirectory(atPath: scratch[".out.cambium-earlier"], withIntermediateDirectories: false)
    try scratch.put("old", at: ".out.cambium-earlier/file")
    let lock = try OutputLock(scratch.at("out"), list: "LIST")
    try lock.recover { _ in [] }
    lock.release()
    #expect(scratch.text("out/file") == "old")
    #expect(try scratch.names() == ["out"])
  }
}
