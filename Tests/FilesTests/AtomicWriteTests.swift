import TestSupport
import SystemPackage
import Files
import Foundation
import Testing

@Suite struct AtomicWriteTests {
  struct Stop: Error {}

  @Test func `a new file is written and an old one replaced`() throws {
    let scratch = try ScratchFolder.lasting()
    try AtomicFile.write(Array("one".utf8), to: scratch.at("a"))
    #expect(try scratch.content("a") == "one")
    try AtomicFile.write([], to: scratch.at("a"))
    #expect(try scratch.content("a") == "")
    #expect(try scratch.names() == ["a"])
  }

  @Test func `a file in the making has a mark, which the finished one has not`() throws {
    let scratch = try ScratchFolder.lasting()
    try AtomicFile.write(to: scratch.at("a")) { file throws(StorageError) in
      try file.write(Array("new".utf8), at: 0)
      #expect(AtomicFile.isTemporary(file.path))
      #expect((try? scratch.status(file.path.name))?.st_mode == S_IFREG | 0o1644)
    }
    #expect(try scratch.status("a").st_mode == S_IFREG | 0o644)
    try AtomicFile.create([1], at: scratch.at("b"))
    #expect(try scratch.status("b").st_mode == S_IFREG | 0o644)
  }

  @Test func `what killed attempts left goes before the next, and somebody else's file of such a name stays`() throws {
    let scratch = try ScratchFolder.lasting()
    for name in [".a.cambium-tmp-1-1", ".a.cambium-tmp-1-2"] { try scratch.put("x", at: name) }
    #expect(chmod(scratch[".a.cambium-tmp-1-1"], 0o1644) == 0)
    try AtomicFile.removeAbandoned(of: scratch.at("a"))
    #expect(try scratch.names() == [".a.cambium-tmp-1-2"])
  }

  @Test func `a failure leaves the old content and no temporary file`() throws {
    let scratch = try ScratchFolder.lasting()
    try scratch.put("old", at: "a")
    let failure = StorageError.diskFull(path: "x", needed: 7)
    #expect(throws: failure) {
      try AtomicFile.write(to: scratch.at("a")) { file throws(StorageError) in
        try file.write(Array("new".utf8), at: 0)
        throw failure
      }
    }
    #expect(try scratch.content("a") == "old")
    #expect(try scratch.names() == ["a"])
  }

  @Test func `the target is untouched while the new content grows`() throws {
    let scratch = try ScratchFolder.lasting()
    try scratch.put("old", at: "a")
    try AtomicFile.write(to: scratch.at("a")) { file throws(StorageError) in
      try file.write(Array("new".utf8), at: 0)
      #expect((try? scratch.content("a")) == "old")
    }
    #expect(try scratch.content("a") == "new")
  }

  @Test func `a link at the target is refused`() throws {
    let scratch = try ScratchFolder.lasting()
    try scratch.put("precious", at: "elsewhere")
    try scratch.link("a", to: scratch["elsewhere"])
    #expect(throws: StorageError.targetIsLink(path: scratch.at("a"))) {
      try AtomicFile.write(Array("new".utf8), to: scratch.at("a"))
    }
    #expect(try scratch.content("elsewhere") == "precious")
    #expect(try scratch.names() == ["a", "elsewhere"])
  }

  @Test func `a dangling link is refused too`() throws {
    let scratch = try ScratchFolder.lasting()
    try scratch.link("a", to: scratch["nothing"])
    #expect(throws: StorageError.targetIsLink(path: scratch.at("a"))) { try AtomicFile.write([1], to: scratch.at("a")) }
    #expect(throws: StorageError.targetIsLink(path: scratch.at("a"))) {
      try PosixFile.openForWriting(scratch.at("a"), creating: true)
    }
    #expect(try scratch.names() == ["a"])
  }

  @Test func `a folder at the target is an error`() throws {
    let scratch = try ScratchFolder.lasting()
    try Folder.create(scratch.at("a"))
    #expect(throws: StorageError.self) { try AtomicFile.write([1], to: scratch.at("a")) }
    #expect(try scratch.names() == ["a"])
  }

  @Test func `long names work`() throws {
    let scratch = try ScratchFolder.lasting()
    let name = String(repeating: "ä", count: 127)
    try AtomicFile.write([1], to: scratch.at(name))
    #expect(try scratch.bytes(name) == [1])
  }

  @Test func `only its own leftovers are removed`() throws {
    let scratch = try ScratchFolder.lasting()
    let leftovers = [".a.cambium-tmp-1-2", ".receipt.json.cambium-tmp-99999-12"]
    let others = ["a", "a.cambium-tmp-1-2", ".a.cambium-tmp-", ".a.cambium-tmp-x-1", ".a.cambium-tmp-1", ".hidden"]
    // Written by somebody else: without the mark of a file in the making.
    let foreign = [".a.cambium-tmp-1-3", ".b.cambium-tmp-7-7"]
    for name in leftovers + others + foreign { try scratch.put("x", at: name) }
    try scratch.makeFolder(".c.cambium-tmp-1-1")
    for name in leftovers { #expect(chmod(scratch[name], 0o1644) == 0) }
    #expect(try AtomicFile.removeLeftovers(in: scratch.folder) == leftovers)
    #expect(try scratch.names() == (others + foreign + [".c.cambium-tmp-1-1"]).sorted())
    for name in leftovers + foreign { #expect(AtomicFile.isTemporary(scratch.at(name)) == false) }
    #expect(try AtomicFile.removeLeftovers(in: scratch.at("absent")).isEmpty)
  }

  @Test func `exclusive creation refuses what is there`() throws {
    let scratch = try ScratchFolder.lasting()
    try scratch.put("x", at: "a")
    #expect(throws: StorageError.targetExists(path: scratch.at("a"))) { try PosixFile.createExclusive(scratch.at("a")) }
    let file = try PosixFile.createExclusive(scratch.at("b"))
    #expect(try scratch.status("b").st_mode & 0o777 == 0o644)
    try file.close()
    try file.close()
  }
}
