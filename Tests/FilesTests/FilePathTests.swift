import Files
import Foundation
import SystemPackage
import Testing
import TestSupport

@Suite struct FilePathTests {
  @Test func `a path without links is absolute by its names, as URLs are`() {
    for text in ["a/../b", "./x", "~/x", "~", "a//b/", "..", "", "/", "/../x", ".", "a/./b", "e\u{301}", "/a/../../b/"]
    {
      #expect(FilePath(text).absolute.string == URL(fileURLWithPath: text).standardizedFileURL.path, "\(text)")
      let base = URL(fileURLWithPath: "/base/dir", isDirectory: true)
      let expected = URL(fileURLWithPath: text, relativeTo: base).standardizedFileURL.path
      #expect(FilePath(text).absolute(from: "/base/dir").string == expected, "\(text)")
    }
  }

  @Test func `a zero byte leads nowhere and does not cut the path`() {
    #expect(FilePath(untrusted: "a\0b/c").string == "a%00b/c")
    #expect(FilePath(untrusted: "a/c").string == "a/c")
  }

  @Test func `links are resolved as far as the path leads`() throws {
    let scratch = try ScratchFolder()
    try scratch.makeFolder("real/sub")
    try scratch.link("link", to: "real/sub")
    try scratch.link("lost", to: "nowhere")
    let real = scratch.folder.resolvingLinks
    #expect(scratch.at("link").resolvingLinks == real.appending("real/sub"))
    #expect(scratch.at("link/new/file").resolvingLinks == real.appending("real/sub/new/file"))
    #expect(scratch.at("lost/x").resolvingLinks == real.appending("lost/x"))
    try scratch.link("self", to: "self")
    let long = scratch.at(String(repeating: "x", count: 300))
    #expect(try scratch.at("link").exists && scratch.at("link").isFolder)
    for path in [scratch.at("lost"), scratch.at("self"), scratch.at("self/x"), long] {
      #expect(try !path.exists && !path.isFolder, "\(path)")
    }
  }

  @Test func `what lies beneath a folder is inside, by way of a link too`() throws {
    let scratch = try ScratchFolder()
    try scratch.makeFolder("models/a")
    try scratch.makeFolder("models/ab")
    try scratch.link("link", to: "models")
    let folder = scratch.at("models/a")
    for inner in ["models/a", "models/a/out", "link/a", "link/a/x/y", "link/ab/../a/x"] {
      #expect(try scratch.at(inner).isInside(folder), "\(inner)")
    }
    for other in ["models", "models/ab", "models/ab/a", "link/b", "out"] {
      #expect(try !scratch.at(other).isInside(folder), "\(other)")
    }
    #expect(try !scratch.at("x/y").isInside(scratch.at("x/z")))
    #expect(try scratch.at("x/y").isInside(scratch.at("x")))
  }

  /// As after `mount --bind /no-such/a /no-such/b`, which takes a right that a test does not have.
  @Test func `a folder that a mount gives a second name is the same folder`() throws {
    let identities: [FilePath: [UInt64]] = [
      "/": [1, 2], "/no-such": [1, 3], "/no-such/a": [1, 4], "/no-such/b": [1, 4], "/no-such/c": [2, 4],
    ]
    let isInside = { (path: FilePath) in
      try path.isInside("/no-such/a") { path throws(FileError) in identities[path] }
    }
    #expect(try isInside("/no-such/b") && isInside("/no-such/b/out") && isInside("/no-such/a/out"))
    #expect(try !isInside("/no-such/c/out") && !isInside("/no-such") && !isInside("/no-such/out"))
  }

  @Test func `above a link is the folder of what it leads to`() throws {
    let scratch = try ScratchFolder()
    try scratch.makeFolder("real/sub")
    try scratch.link("link", to: "real/sub")
    try scratch.link("lost", to: "nowhere/else")
    let real = scratch.folder.resolvingLinks
    #expect(scratch.at("link/../x").absolute == real.appending("real/x"))
    #expect(scratch.at("link/y/../x").absolute == scratch.at("link/x").absolute)
    #expect(scratch.at("lost/../x").absolute == scratch.at("x").absolute)
  }

  @Test func `D the system's names for open files are known, and others in memory are not taken for them`() {
    for text in ["/dev/stdin", "/dev/fd/0", "/proc/self/fd/0", "/dev/../dev/./stdin"] {
      #expect(FilePath(text).isDescriptor, "\(text)")
    }
    for text in ["/dev/shm/m.json", "/home/dev/stdin", "stdin", "/device/x"] {
      #expect(!FilePath(text).isDescriptor, "\(text)")
    }
  }

  @Test func `a tilde that was typed is a name`() {
    #expect(FilePath(typed: "~/x").absolute == Folder.current.appending("~/x"))
    #expect(FilePath(typed: "x/~").absolute == Folder.current.appending("x/~"))
  }

  @Test func `a path has a folder, a name and a text behind its name`() {
    #expect(FilePath("a").folder == "." && FilePath("/a").folder == "/" && FilePath("a/b/").folder == "a")
    #expect(FilePath("a/b.json").name == "b.json" && FilePath("/").name.isEmpty)
    #expect(FilePath("/out/model/").appending(suffix: ".work") == "/out/model.work")
  }

  @Test func `a name that is not UTF-8 keeps its bytes`() throws {
    let scratch = try ScratchFolder()
    try scratch.makeFolder("f")
    let bytes = [CChar](scratch["f/"].utf8.map { CChar(bitPattern: $0) }) + [CChar(bitPattern: 0xFF), 0]
    let path = FilePath(platformString: bytes)
    try AtomicFile.write([1], to: path)
    #expect(try ReadOnlyFile(path: path).size == 1)
    #expect(path.bytes.last == 0xFF && path.appending(suffix: "x").bytes.suffix(2) == [0xFF, 0x78])
    let found = refusal { _ = try Folder.entries(scratch.at("f")) }
    #expect(found?.code == "E_FILE_NAME" && found?.exitStatus == .badInput)
    try Folder.removeTree(scratch.at("f"))
    #expect(!scratch.exists("f"))
  }

  @Test func `a link is made where nothing stands`() throws {
    let scratch = try ScratchFolder()
    try Folder.makeSymbolicLink(at: scratch.at("l"), to: "target")
    #expect(try FileManager.default.destinationOfSymbolicLink(atPath: scratch["l"]) == "target")
    #expect(refusal { try Folder.makeSymbolicLink(at: scratch.at("l"), to: "other") }?.code == "E_IO")
  }
}
