import Archive
import SystemPackage
import Digests
import Foundation
import TestSupport
import Testing

/// An archive gives back the folder it was made of, and is the same bytes each time.
@Suite struct RoundTripTests {
  @Test func `what is unpacked is what was packed`() throws {
    let folder = try ArchiveFolder()
    let package = try folder.makePackage()
    let result = try ArchiveWriter(folder: FilePath(package), threads: 2).write(to: FilePath(folder["a.tar.zst"]))
    #expect(result.files == 7)
    #expect(result.sha256 == SHA256Digest.of(try folder.bytes("a.tar.zst")))
    #expect(result.bytes == (try folder.bytes("a.tar.zst")).count)
    let unpacked = try ArchiveReader(path: FilePath(folder["a.tar.zst"]), threads: 2).unpack(
      to: FilePath(folder["out"]), in: FilePath(folder.path))
    #expect(unpacked.files == 7)
    #expect(try folder.digests("out") == folder.digests("package"))
    #expect(folder.entries == ["a.tar.zst", "out", "package"])
  }

  @Test func `packing and unpacking say how far they are, to the last byte`() throws {
    let folder = try ArchiveFolder()
    let work = RecordedWork()
    try ArchiveWriter(folder: FilePath(folder.makePackage()), threads: 2).write(
      to: FilePath(folder["a.tar.zst"]), observer: work)
    _ = try ArchiveReader(path: FilePath(folder["a.tar.zst"]), threads: 2).unpack(
      to: FilePath(folder["out"]), in: FilePath(folder.path), observer: work)
    #expect(work.pieces.map(\.work) == ["archive", "unpack"])
    #expect(work.pieces.allSatisfy { $0.done == $0.total && $0.total > 2 * (8 << 20) })
  }

  @Test func `its own name is that of the package`() throws {
    let folder = try ArchiveFolder()
    try ArchiveWriter(folder: FilePath(folder.makePackage(["a": 3])), threads: 1).write(
      to: FilePath(folder["a.tar.zst"]))
    let other = try ArchiveFolder()
    let result = try ArchiveReader(path: FilePath(folder["a.tar.zst"]), threads: 1).unpack(
      to: nil, in: FilePath(other.path))
    #expect(result.path == FilePath(other["package"]))
    #expect(try other.files("package") == ["SHA256SUMS", "a"])
  }

  @Test func `threads and times do not change the bytes`() throws {
    let folder = try ArchiveFolder()
    let package = try folder.makePackage()
    var digests: Set<SHA256Digest> = []
    for threads in [1, 2, 7] {
      let past = Date(timeIntervalSince1970: Double(threads) * 1e8)
      for name in try folder.files("package") {
        try FileManager.default.setAttributes(
          [.modificationDate: past, .posixPermissions: threads == 2 ? 0o600 : 0o644], ofItemAtPath: package + "/" + name
        )
      }
      digests.insert(
        try ArchiveWriter(folder: FilePath(package), threads: threads).write(to: FilePath(folder["\(threads)"])).sha256)
    }
    #expect(digests.count == 1)
  }

  /// A tar that everybody can read: names beyond 100 bytes take an extended header.
  @Test(.enabled(if: Programs.areThere)) func `other programs unpack it too`() throws {
    let folder = try ArchiveFolder()
    let long = "sub/" + String(repeating: "long", count: 30) + ".json"
    let package = try folder.makePackage(["a.txt": 100, long: 700, "größe.txt": 9, "b.bin": 9 << 20])
    try ArchiveWriter(folder: FilePath(package), threads: 2).write(to: FilePath(folder["a.tar.zst"]))
    try FileManager.default.createDirectory(atPath: folder["out"], withIntermediateDirectories: true)
    let shell = Process()
    shell.executableURL = URL(fileURLWithPath: "/bin/sh")
    shell.arguments = ["-c", "zstd -dc ../a.tar.zst | tar -x"]
    shell.currentDirectoryURL = URL(fileURLWithPath: folder["out"])
    try shell.run()
    shell.waitUntilExit()
    #expect(shell.terminationStatus == 0)
    #expect(try folder.digests("out/package") == folder.digests("package"))
    _ = try ArchiveReader(path: FilePath(folder["a.tar.zst"]), threads: 1).unpack(
      to: FilePath(folder["own"]), in: FilePath(folder.path))
    #expect(try folder.digests("own") == folder.digests("package"))
  }

  private enum Programs {
    static let areThere = ["zstd", "tar"].allSatisfy { name in
      ["/usr/bin/", "/bin/", "/usr/local/bin/", "/opt/homebrew/bin/"].contains {
        FileManager.default.isExecutableFile(atPath: $0 + name)
      }
    }
  }
}
