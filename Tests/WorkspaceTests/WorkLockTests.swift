import TestSupport
import SystemPackage
import Files
import Foundation
import Testing
import Workspace

@Suite struct WorkLockTests {
  @Test func `the second holder is told the process`() throws {
    let scratch = try ScratchFolder.lasting()
    try scratch.put("999999999\nrest of an older run", at: "lock")
    let lock = try WorkLock(folder: scratch.folder)
    let pid = ProcessInfo.processInfo.processIdentifier
    #expect(try scratch.content("lock") == "\(pid)\n")
    #expect(throws: WorkspaceError.locked(folder: scratch.folder, pid: pid)) { try WorkLock(folder: scratch.folder) }
    lock.release()
    try WorkLock(folder: scratch.folder).release()
    #expect(try scratch.names() == ["lock"])
  }

  @Test func `the lock ends with the object`() throws {
    let scratch = try ScratchFolder.lasting()
    do { _ = try WorkLock(folder: scratch.folder) }
    try WorkLock(folder: scratch.folder).release()
  }

  @Test func `a link in place of the lock is refused`() throws {
    let scratch = try ScratchFolder.lasting()
    try scratch.put("precious", at: "other")
    try scratch.link("lock", to: scratch["other"])
    #expect(throws: StorageError.targetIsLink(path: scratch.at("lock"))) { try WorkLock(folder: scratch.folder) }
    #expect(try scratch.content("other") == "precious")
  }

  @Test func `a pipe in place of the lock is refused by name and holds nobody up`() throws {
    let scratch = try ScratchFolder.lasting()
    #expect(mkfifo(scratch["lock"], 0o600) == 0)
    #expect(throws: StorageError.targetKind(path: scratch.at("lock"))) { try WorkLock(folder: scratch.folder) }
    #expect(WorkLock.refusal(folder: scratch.folder) as? StorageError == .targetKind(path: scratch.at("lock")))
  }
}
