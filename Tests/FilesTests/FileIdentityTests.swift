import TestSupport
import SystemPackage
import Files
import Foundation
import Testing

@Suite struct FileIdentityTests {
  @Test func `the identity stays the same until the file changes`() throws {
    try withScratchFolder { folder in
      let path = try makeFile([1, 2, 3], folder)
      let file = try ReadOnlyFile(path: FilePath(path))
      #expect(try file.currentIdentity() == file.identity)
      #expect(try ReadOnlyFile(path: FilePath(path)).identity == file.identity)
      let handle = try #require(FileHandle(forWritingAtPath: path))
      try handle.seekToEnd()
      try handle.write(contentsOf: Data([4]))
      try handle.close()
      let now = try file.currentIdentity()
      #expect(now != file.identity)
      #expect(now.inode == file.identity.inode && now.device == file.identity.device)
      #expect(now.size == 4 && file.size == 3)
    }
  }

  @Test func `a replaced file has another identity`() throws {
    try withScratchFolder { folder in
      let path = try makeFile([1, 2, 3], folder)
      let file = try ReadOnlyFile(path: FilePath(path))
      let other = try makeFile([1, 2, 3], folder, "g")
      #expect(rename(other, path) == 0)
      #expect(try ReadOnlyFile(path: FilePath(path)).identity != file.identity)
      #expect(try file.readAll(limit: 3) == [1, 2, 3])
    }
  }
}
