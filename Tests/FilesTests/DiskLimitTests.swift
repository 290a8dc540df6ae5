import TestSupport
import Files
import Foundation
import Testing

@Suite struct DiskLimitTests {
  @Test(.enabled(if: FileManager.default.fileExists(atPath: "/dev/full"))) func `a full disk has its own code`() throws
  {
    let result = ResultFile("/dev/full", ResultFile.Kind("a note") { _ in false })
    #expect(throws: StorageError.diskFull(path: "/dev/full", needed: 103)) {
      try result.write { file throws(StorageError) in try file.write([1, 2, 3], at: 100) }
    }
  }

  @Test func `more than the disk holds fails at once and takes nothing`() throws {
    let scratch = try ScratchFolder.lasting()
    let file = try PosixFile.createExclusive(scratch.at("a"))
    try file.write([1, 2, 3], at: 0)
    #expect(throws: StorageError.diskFull(path: scratch.at("a"), needed: 1 << 60)) { try file.preallocate(1 << 60) }
    #expect(try file.size() == 3)
  }

  @Test func `reserved space keeps what is there`() throws {
    let scratch = try ScratchFolder.lasting()
    let file = try PosixFile.createExclusive(scratch.at("a"))
    try file.write([1, 2, 3], at: 0)
    try file.preallocate(1 << 20)
    #expect(try file.size() == 1 << 20)
    try file.preallocate(10)
    #expect(try file.size() == 1 << 20)
    try file.write([9], at: (1 << 20) - 1)
    try file.sync()
    #expect(try scratch.bytes("a") == [1, 2, 3] + [UInt8](repeating: 0, count: (1 << 20) - 4) + [9])
  }

  #if os(Linux)
    @Test func `a file size limit is an error and leaves nothing`() throws {
      let scratch = try ScratchFolder.lasting()
      #expect(try child.run("size-limit", in: scratch.path) == .exit(0))
      #expect(try scratch.names().isEmpty)
    }
  #endif
}
