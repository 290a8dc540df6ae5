import Files
import Foundation
import TestSupport
import Testing

#if canImport(Glibc)
  import Glibc
#endif

@Suite struct CloneOrCopyTests {
  /// Case 01.
  @Test func `what is put in another place shares no inode with the original`() throws {
    let scratch = try ScratchFolder.lasting()
    try scratch.put("content", at: "a")
    for _ in 0..<2 {
      try cloneOrCopy(from: scratch.at("a"), to: scratch.at("b"))
      #expect(try scratch.status("a").st_ino != scratch.status("b").st_ino)
      #expect(try scratch.status("b").st_nlink == 1)
      #expect(scratch.text("b") == "content")
    }
    #expect(try scratch.names() == ["a", "b"])
  }

  @Test func `an old file is replaced`() throws {
    let scratch = try ScratchFolder.lasting()
    try scratch.put("new", at: "a")
    try scratch.put("old", at: "b")
    try cloneOrCopy(from: scratch.at("a"), to: scratch.at("b"))
    #expect(scratch.text("b") == "new")
  }

  @Test func `a linked source makes a regular file`() throws {
    let scratch = try ScratchFolder.lasting()
    try scratch.put("blob", at: "blob")
    try scratch.link("a", to: "blob")
    try cloneOrCopy(from: scratch.at("a"), to: scratch.at("b"))
    #expect(try scratch.status("b").st_mode & S_IFMT == S_IFREG)
    #expect(scratch.text("b") == "blob")
  }

  @Test func `a link at the target and a pipe as source are refused`() throws {
    let scratch = try ScratchFolder.lasting()
    try scratch.put("x", at: "a")
    try scratch.link("b", to: scratch["nowhere"])
    #expect(throws: StorageError.targetIsLink(path: scratch.at("b"))) {
      try cloneOrCopy(from: scratch.at("a"), to: scratch.at("b"))
    }
    #expect(mkfifo(scratch["pipe"], 0o600) == 0)
    #expect(throws: StorageError.self) { try cloneOrCopy(from: scratch.at("pipe"), to: scratch.at("c")) }
    #expect(throws: StorageError.self) { try cloneOrCopy(from: scratch.at("absent"), to: scratch.at("c")) }
    #expect(try scratch.names() == ["a", "b", "pipe"])
  }

  @Test(.enabled(if: FileManager.default.isWritableFile(atPath: "/dev/shm"))) func `to another file system it copies`()
    throws
  {
    let scratch = try ScratchFolder.lasting()
    let other = try ScratchFolder.lasting(beneath: "/dev/shm")
    try #require(try scratch.status(".").st_dev != other.status(".").st_dev)
    let bytes = (0..<9_000_001).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    try scratch.put(bytes, at: "a")
    #expect(try cloneOrCopy(from: scratch.at("a"), to: other.at("b")) == .copied)
    #expect(try other.bytes("b") == bytes)
    #expect(try other.names() == ["b"])
  }

  @Test func `a file that is to lose its name is not copied, and the name goes only where both are of one file`() throws
  {
    let scratch = try ScratchFolder.lasting()
    try scratch.put("content", at: "a")
    try scratch.put("another", at: "c")
    let placement = try cloneLinkOrCopy(from: scratch.at("a"), to: scratch.at("b"))
    #expect(placement == .linked || placement == .cloned)
    #expect(scratch.text("b") == "content")
    #expect(try !Folder.removeSecondName(scratch.at("c"), of: scratch.at("b")))
    #expect(try !Folder.removeSecondName(scratch.at("b"), of: scratch.at("b")))
    #expect(try Folder.removeSecondName(scratch.at("a"), of: scratch.at("b")) == (placement == .linked))
    #expect(try scratch.status("b").st_nlink == 1)
    #expect(scratch.text("b") == "content")
    #expect(try scratch.names() == (placement == .linked ? ["b", "c"] : ["a", "b", "c"]))
  }

  @Test func `a symbolic link is not given a second name, but copied, and a name that is taken is replaced`() throws {
    let scratch = try ScratchFolder.lasting()
    try scratch.put("blob", at: "blob")
    try scratch.put("old", at: "b")
    try scratch.link("a", to: "blob")
    #expect(try cloneLinkOrCopy(from: scratch.at("a"), to: scratch.at("b")) != .linked)
    #expect(try scratch.status("b").st_mode & S_IFMT == S_IFREG)
    #expect(scratch.text("b") == "blob")
    #expect(try scratch.status("blob").st_nlink == 1)
  }
}
