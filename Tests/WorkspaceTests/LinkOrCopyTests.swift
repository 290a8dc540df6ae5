import Files
import Foundation
import Testing

#if canImport(Glibc)
  import Glibc
#endif

@Suite struct LinkOrCopyTests {
  @Test func `on the same file system it links`() throws {
    let scratch = try Scratch()
    try scratch.put("content", at: "a")
    #expect(try linkOrCopy(from: scratch("a"), to: scratch("b")) == .linked)
    #expect(try scratch.status("a").st_ino == scratch.status("b").st_ino)
    // Again, as a run that goes on does: nothing is left over.
    #expect(try linkOrCopy(from: scratch("a"), to: scratch("b")) == .linked)
    #expect(try scratch.names() == ["a", "b"])
  }

  @Test func `an old file is replaced`() throws {
    let scratch = try Scratch()
    try scratch.put("new", at: "a")
    try scratch.put("old", at: "b")
    try linkOrCopy(from: scratch("a"), to: scratch("b"))
    #expect(try scratch.text("b") == "new")
  }

  @Test func `a linked source makes a regular file`() throws {
    let scratch = try Scratch()
    try scratch.put("blob", at: "blob")
    try scratch.link("a", to: "blob")
    try linkOrCopy(from: scratch("a"), to: scratch("b"))
    #expect(try scratch.status("b").st_mode & S_IFMT == S_IFREG)
    #expect(try scratch.text("b") == "blob")
  }

  @Test func `a link at the target and a pipe as source are refused`() throws {
    let scratch = try Scratch()
    try scratch.put("x", at: "a")
    try scratch.link("b", to: scratch("nowhere"))
    #expect(throws: StorageError.targetIsLink(path: scratch("b"))) {
      try linkOrCopy(from: scratch("a"), to: scratch("b"))
    }
    #expect(mkfifo(scratch("pipe"), 0o600) == 0)
    #expect(throws: StorageError.self) { try linkOrCopy(from: scratch("pipe"), to: scratch("c")) }
    #expect(throws: StorageError.self) { try linkOrCopy(from: scratch("absent"), to: scratch("c")) }
    #expect(try scratch.names() == ["a", "b", "pipe"])
  }

  @Test(.enabled(if: FileManager.default.isWritableFile(atPath: "/dev/shm"))) func `to another file system it copies`()
    throws
  {
    let scratch = try Scratch()
    let other = try Scratch(beneath: "/dev/shm")
    try #require(try scratch.status(".").st_dev != other.status(".").st_dev)
    let bytes = (0..<9_000_001).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    try scratch.put(bytes, at: "a")
    #expect(try linkOrCopy(from: scratch("a"), to: other("b")) == .copied)
    #expect(try other.bytes("b") == bytes)
    #expect(try other.names() == ["b"])
  }
}
