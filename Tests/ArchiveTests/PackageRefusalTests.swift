import Archive
import SystemPackage
import Foundation
import Testing

/// No archive is made of a package that is not what its sums say.
@Suite struct PackageRefusalTests {
  private func refused(_ change: (ArchiveFolder) throws -> Void) throws {
    let folder = try ArchiveFolder()
    let package = try folder.makePackage(["a.txt": 3000, "b.bin": 70_000])
    try change(folder)
    let before = folder.entries
    #expect(throws: (any Error).self) {
      _ = try ArchiveWriter(folder: FilePath(package), threads: 2).write(to: FilePath(folder["a.tar.zst"]))
    }
    #expect(folder.entries == before)
  }

  @Test func `a changed file is refused`() throws { try refused { try $0.put([1], at: "package/a.txt") } }

  @Test func `a file that is not listed is refused`() throws { try refused { try $0.put([1], at: "package/c") } }

  @Test func `a file that is gone is refused`() throws {
    try refused { try FileManager.default.removeItem(atPath: $0["package/a.txt"]) }
  }

  @Test func `a link is refused`() throws {
    try refused {
      try FileManager.default.moveItem(atPath: $0["package/a.txt"], toPath: $0["elsewhere"])
      try FileManager.default.createSymbolicLink(
        atPath: $0["package/a.txt"], withDestinationPath: $0["elsewhere"])
    }
  }

  @Test func `a list in other words is refused`() throws {
    try refused { folder in
      let text = String(decoding: try folder.bytes("package/SHA256SUMS"), as: UTF8.self)
      try folder.put(Array(text.replacingOccurrences(of: "  ", with: " *").utf8), at: "package/SHA256SUMS")
    }
    try refused { folder in
      try folder.put(try folder.bytes("package/SHA256SUMS") + [0x0A], at: "package/SHA256SUMS")
    }
  }

  @Test func `a file whose name only looks like a listed one is refused`() throws {
    try refused { folder in
      try folder.put([1], at: "package/\u{E9}.txt")
      try folder.sum()
      try folder.put([2], at: "package/e\u{301}.txt")
    }
  }

  @Test func `two names that look alike are packed and unpacked as two files`() throws {
    let folder = try ArchiveFolder()
    let package = try folder.makePackage(["a.txt": 30])
    let (one, two) = ("\u{E9}.txt", "e\u{301}.txt")
    try folder.put([1], at: "package/" + one)
    try folder.put([2], at: "package/" + two)
    try folder.sum()
    let list = String(decoding: try folder.bytes("package/SHA256SUMS"), as: UTF8.self)
    // The order of bytes, in which the list is written.
    let lines = list.split(separator: "\n").sorted {
      $0.utf8.dropFirst(66).lexicographicallyPrecedes($1.utf8.dropFirst(66))
    }
    try folder.put(Array(lines.map { $0 + "\n" }.joined().utf8), at: "package/SHA256SUMS")
    try ArchiveWriter(folder: FilePath(package), threads: 2).write(to: FilePath(folder["a.tar.zst"]))
    _ = try ArchiveReader(path: FilePath(folder["a.tar.zst"]), threads: 2).unpack(
      to: FilePath(folder["again"]), in: FilePath(folder.path))
    #expect(try folder.bytes("again/" + one) == [1] && folder.bytes("again/" + two) == [2])
  }

  @Test func `a folder without sums is refused`() throws {
    try refused { try FileManager.default.removeItem(atPath: $0["package/SHA256SUMS"]) }
  }

  @Test func `a stop ends the work`() throws {
    let folder = try ArchiveFolder()
    let package = try folder.makePackage(["a.txt": 3000])
    #expect(throws: ArchiveError.stopped(path: FilePath(folder["a"]))) {
      _ = try ArchiveWriter(folder: FilePath(package), threads: 1).write(to: FilePath(folder["a"])) { true }
    }
    #expect(folder.entries == ["package"])
    #expect(ArchiveError.stopped(path: "a").diagnostic.code == "E_ARCHIVE_STOPPED")
  }
}
