import Files
import Foundation
import SystemPackage
import TestSupport
import Testing

#if canImport(Glibc)
  import Glibc
#endif

/// What is removed is what was seen, each file as it was.
@Suite struct KnownRemovalTests {
  private func folder() throws -> ScratchFolder {
    let scratch = try ScratchFolder.lasting()
    for name in ["tree/LIST", "tree/a", "tree/sub/b", "tree/sub/deep/c"] { try scratch.put("ours", at: name) }
    return scratch
  }

  @Test func `a folder of which everything is known goes whole`() throws {
    let scratch = try folder()
    let known = try Folder.tree(scratch.at("tree"))
    #expect(try Folder.removeKnown(scratch.at("tree"), known, last: "LIST") == [])
    #expect(try scratch.names() == [])
    #expect(try Folder.removeKnown(scratch.at("tree"), known) == [])
  }

  @Test(arguments: ["tree/mine", "tree/sub/mine", "tree/new/mine"])
  func `a file that was added stays, with the folders above it and the list`(_ name: String) throws {
    let scratch = try folder()
    let known = try Folder.tree(scratch.at("tree"))
    try scratch.put("mine", at: name)
    let kept = try Folder.removeKnown(scratch.at("tree"), known, last: "LIST")
    #expect(kept == [scratch.at(name.hasPrefix("tree/new") ? "tree/new" : name)])
    #expect(scratch.text(name) == "mine" && scratch.text("tree/LIST") == "ours")
    #expect(!scratch.exists("tree/a") && !scratch.exists("tree/sub/deep"))
  }

  @Test func `a file that was changed or replaced stays`() throws {
    let scratch = try folder()
    let known = try Folder.tree(scratch.at("tree"))
    try scratch.put("mine, longer", at: "tree/a")
    try FileManager.default.removeItem(atPath: scratch["tree/sub/b"])
    try scratch.link("tree/sub/b", to: "../a")
    let kept = try Folder.removeKnown(scratch.at("tree"), known)
    #expect(kept == [scratch.at("tree/a"), scratch.at("tree/sub/b")])
    #expect(scratch.text("tree/a") == "mine, longer")
  }

  @Test func `the folder itself may stay`() throws {
    let scratch = try folder()
    let known = try Folder.tree(scratch.at("tree"))
    #expect(try Folder.removeKnown(scratch.at("tree"), known, keepsFolder: true) == [])
    #expect(scratch.tree() == ["tree"])
  }

  @Test func `a folder in the making is discarded without what somebody put there`() throws {
    let scratch = try ScratchFolder.lasting()
    let lock = try OutputLock(scratch.at("out"), list: "LIST")
    defer { lock.release() }
    try scratch.put("ours", at: ".out.cambium-partial/a")
    let made = try Folder.tree(lock.partial)
    try scratch.put("mine", at: ".out.cambium-partial/b")
    #expect(try lock.discard(made) == [lock.partial.appending("b")])
    #expect(scratch.tree(".out.cambium-partial") == ["b"])
  }

  @Test func `what a folder cannot be rid of is said before it is replaced`() throws {
    let scratch = try folder()
    try Folder.requireRemovable(scratch.at("tree"))
    try Folder.requireRemovable(scratch.at("nothing"))
    // Its owner gives the folder another mode when it goes.
    #expect(chmod(scratch["tree/sub"], 0o500) == 0)
    try Folder.requireRemovable(scratch.at("tree"))
    #expect(chmod(scratch["tree/sub"], 0o755) == 0)
    // The system's own folder: removed by nobody but the superuser.
    guard geteuid() != 0 else { return }
    #expect(throws: StorageError.self) { try Folder.requireRemovable("/usr/include") }
  }

  @Test(.enabled(if: access("/proc/self", F_OK) == 0))
  func `a place on the kernel's own file system is refused, also behind a link`() throws {
    let scratch = try ScratchFolder.lasting()
    try scratch.link("link", to: "/proc")
    for path in ["/proc/new", scratch["link/new"]] {
      let error = #expect(throws: StorageError.self) { try Folder.requireWritable(above: FilePath(path)) }
      #expect(error?.diagnostic.code == "E_READ_ONLY")
    }
    try Folder.requireWritable(above: scratch.at("new"))
  }
}
