import TestSupport
import SystemPackage
import Files
import Foundation
import Testing

@Suite struct HostileFileTests {
  @Test func `an error of the disk is never taken for a file that is not there`() throws {
    let absent: [FileError] = [
      .missing(path: "x"), .notRegular(path: "x", found: "a folder"), .tooLarge(path: "x", limit: 1, found: 2),
    ]
    for error in absent {
      #expect(try contentIfThere { () throws(FileError) -> Int? in throw error } == nil, "\(error)")
    }
    let unknown: [FileError] = [
      .read(path: "x", reason: "Input/output error (errno 5)"), .tooManyOpen(path: "x", limit: 9),
      .short(path: "x", expected: 2, found: 1), .shrunk(path: "x"), .changed(path: "x"),
      .linkBroken(path: "x", target: "y"),
    ]
    for error in unknown {
      #expect(throws: FileError.self, "\(error)") {
        try contentIfThere { () throws(FileError) -> Int? in throw error }
      }
    }
  }

  @Test func `a pipe is refused and does not block`() throws {
    try withScratchFolder { folder in
      #expect(mkfifo(folder + "/p", 0o600) == 0)
      let found = refusal { _ = try ReadOnlyFile(path: FilePath(folder + "/p")) }
      #expect(found?.code == "E_FILE_NOT_REGULAR")
      #expect(found?.found == "a pipe")
      #expect(found?.exitStatus == .badInput)
    }
  }

  @Test func `folders and devices are refused`() throws {
    try withScratchFolder { folder in
      #expect(refusal { _ = try ReadOnlyFile(path: FilePath(folder)) }?.found == "a folder")
      #expect(refusal { _ = try ReadOnlyFile(path: "/dev/null") }?.found == "a device")
    }
  }

  @Test func `links are followed only when allowed`() throws {
    try withScratchFolder { folder in
      let path = try makeFile([1, 2], folder)
      try FileManager.default.createSymbolicLink(atPath: folder + "/l", withDestinationPath: path)
      #expect(try ReadOnlyFile(path: FilePath(folder + "/l")).size == 2)
      #expect(
        refusal { _ = try ReadOnlyFile(path: FilePath(folder + "/l"), followLinks: false) }?.found == "a symbolic link")
    }
  }

  @Test func `a zero byte does not cut the path`() throws {
    try withScratchFolder { folder in
      let path = try makeFile([1], folder)
      #expect(
        refusal { _ = try ReadOnlyFile(path: FilePath(untrusted: path + "\u{0}.safetensors")) }?.code
          == "E_FILE_MISSING")
    }
  }

  @Test func `a file that shrinks is an error and not a signal`() throws {
    try withScratchFolder { folder in
      let path = try makeFile(Array(repeating: 7, count: 100), folder)
      let file = try ReadOnlyFile(path: FilePath(path))
      #expect(truncate(path, 40) == 0)
      let found = refusal { _ = try file.readAll(limit: 1000) }
      #expect(found?.code == "E_FILE_SHORT")
      #expect(found?.expected == "at least 100 bytes" && found?.found == "40 bytes")
      #expect(found?.exitStatus == .io)
    }
  }

  @Test func `sizes are checked before memory is taken`() throws {
    try withScratchFolder { folder in
      let file = try ReadOnlyFile(path: FilePath(makeFile([1, 2, 3], folder)))
      #expect(refusal { _ = try file.readAll(limit: 2) }?.code == "E_FILE_LIMIT")
      #expect(refusal { _ = try file.readBytes(count: Int.max, at: 0) }?.code == "E_FILE_SHORT")
      #expect(refusal { _ = try file.readBytes(count: Int.max, at: 1) }?.code == "E_FILE_READ")
      #expect(refusal { _ = try file.readBytes(count: -1, at: 0) }?.code == "E_FILE_READ")
      #expect(refusal { _ = try file.readBytes(count: 1, at: -1) }?.code == "E_FILE_READ")
      #expect(try file.readAll(limit: 3) == [1, 2, 3])
      #expect(try file.readBytes(count: 2, at: 1) == [2, 3])
      #expect(try file.readBytes(count: 0, at: 3) == [])
    }
  }
}
