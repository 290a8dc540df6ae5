import Archive
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
      _ = try ArchiveWriter(folder: package, threads: 2).write(to: folder["a.tar.zst"])
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

  @Test func `a folder without sums is refused`() throws {
    try refused { try FileManager.default.removeItem(atPath: $0["package/SHA256SUMS"]) }
  }

  @Test func `a stop ends the work`() throws {
    let folder = try ArchiveFolder()
    let package = try folder.makePackage(["a.txt": 3000])
    #expect(throws: ArchiveError.stopped(path: folder["a"])) {
      _ = try ArchiveWriter(folder: package, threads: 1).write(to: folder["a"]) { true }
    }
    #expect(folder.entries == ["package"])
  }
}
