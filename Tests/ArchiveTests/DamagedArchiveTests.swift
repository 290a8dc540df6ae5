import Archive
import SystemPackage
import Diagnostics
import Files
import Foundation
import Testing

/// A damaged archive is refused by name, and nothing is left of the attempt.
@Suite struct DamagedArchiveTests {
  /// The code of the refusal, or `equal` when all files were restored as they are in the package.
  private func refusal(_ bytes: [UInt8], _ folder: ArchiveFolder) throws -> String? {
    try folder.put(bytes, at: "bad.tar.zst")
    let before = folder.entries
    defer {
      let after = folder.entries
      #expect(before == after)
    }
    do {
      _ = try ArchiveReader(path: FilePath(folder["bad.tar.zst"]), threads: 2).unpack(
        to: FilePath(folder["out"]), in: FilePath(folder.path))
      defer { try? FileManager.default.removeItem(atPath: folder["out"]) }
      let names = ((try? FileManager.default.subpathsOfDirectory(atPath: folder["package"])) ?? []).sorted()
      let isSame =
        try !names.isEmpty && names == FileManager.default.subpathsOfDirectory(atPath: folder["out"]).sorted()
        && names.allSatisfy { try folder.bytes("package/" + $0) == folder.bytes("out/" + $0) }
      return isSame ? "equal" : nil
    } catch let error as any CambiumError {
      return error.diagnostic.code
    }
  }

  private func archive(_ folder: ArchiveFolder) throws -> [UInt8] {
    try ArchiveWriter(folder: FilePath(folder.makePackage(["a.txt": 3000, "b.bin": 70_000])), threads: 1)
      .write(to: FilePath(folder["good"]))
    return try folder.bytes("good")
  }

  /// Some bits inside a frame mean nothing to zstd (those reserved in the header of a sequence section): a frame with
  /// one of them flipped gives the same bytes, which is all that an archive promises.
  @Test func `one flipped bit anywhere is found or changes nothing`() throws {
    let folder = try ArchiveFolder()
    let good = try archive(folder)
    let step = max(1, good.count / 150)
    var harmless = 0
    for at in Array(stride(from: 0, to: good.count, by: step)) + Array(good.count - 60..<good.count) {
      var bad = good
      bad[at] ^= 1 << UInt8(at % 8)
      let code = try refusal(bad, folder)
      if code == "equal" { harmless += 1 }
      #expect(code?.hasPrefix("E_ARCHIVE_") == true || code == "equal", "byte \(at): \(code ?? "accepted")")
    }
    #expect(harmless <= 3)
  }

  @Test func `a cut archive is found`() throws {
    let folder = try ArchiveFolder()
    let good = try archive(folder)
    for length in [0, 1, 9, 17, 100, good.count / 2, good.count - 9, good.count - 1] {
      #expect(try refusal(Array(good.prefix(length)), folder) == "E_ARCHIVE_FORM", "\(length) bytes")
    }
    #expect(try refusal(good + [0], folder) == "E_ARCHIVE_FORM")
    #expect(try refusal([0] + good, folder) == "E_ARCHIVE_FORM")
  }

  /// An archive of these frames with a right seek table.
  private func pack(_ frames: [[UInt8]]) throws -> [UInt8] {
    let coder = try FrameCoder()
    var table = SeekTable()
    var bytes: [UInt8] = []
    for frame in frames {
      coder.plainBuffer(frame.count).copyBytes(from: frame)
      let packed = Array(try coder.compress(frame.count))
      table.append(SeekTable.Frame(compressed: packed.count, plain: frame.count))
      bytes += packed
    }
    return bytes + table.encoded
  }

  private func member(_ name: String, _ content: [UInt8]) -> [UInt8] {
    TarHeader(name: name, size: content.count).encoded + content
      + Array(repeating: 0, count: TarHeader.padding(content.count))
  }

  private let end = [UInt8](repeating: 0, count: 1024)

  @Test(arguments: [
    "../escape", "/etc/escape", "package/../../escape", "package/./a", "package//a", "escape", "package/", "other/a",
    "package/a\u{0}b", "package/" + String(repeating: "x", count: 256),
  ]) func `a name that leads elsewhere is refused`(_ name: String) throws {
    let folder = try ArchiveFolder()
    let bytes = try pack([member("package/a", [1]), member(name, [1, 2]), end])
    // A NUL ends a name in the header: what is behind it is another header's business.
    let code = try refusal(bytes, folder)
    #expect(code == "E_ARCHIVE_NAME" || (name.contains("\u{0}") && code == "E_ARCHIVE_FORM"), "\(code ?? "accepted")")
    #expect(!FileManager.default.fileExists(atPath: folder["escape"]))
  }

  @Test func `a first name that leads elsewhere is refused before a folder is made`() throws {
    let folder = try ArchiveFolder()
    try folder.put(try pack([member("../escape/a", [1]), end]), at: "bad")
    #expect(throws: ArchiveError.self) {
      _ = try ArchiveReader(path: FilePath(folder["bad"]), threads: 1).unpack(to: nil, in: FilePath(folder.path))
    }
    #expect(folder.entries == ["bad"])
  }

  @Test func `two files of one name are refused`() throws {
    let folder = try ArchiveFolder()
    let bytes = try pack([member("package/a", [1]), member("package/a", [2]), end])
    #expect(try refusal(bytes, folder) == "E_ARCHIVE_NAME")
  }

  /// Links, devices, folders, sparse files: none of them is in an archive of ours.
  @Test(arguments: Array("1234567LKgSV")) func `what is no plain file is refused`(_ type: Character) throws {
    let folder = try ArchiveFolder()
    var bytes = member("package/a", [])
    bytes[156] = type.asciiValue ?? 0
    let sum = bytes.enumerated().reduce(0) { $0 + ((148..<156).contains($1.offset) ? 32 : Int($1.element)) }
    let digits = String(sum, radix: 8)
    bytes.replaceSubrange(148..<154, with: Array((String(repeating: "0", count: 6 - digits.count) + digits).utf8))
    #expect(try refusal(try pack([bytes, end]), folder) == "E_ARCHIVE_FORM")
  }

  @Test func `a size beyond the archive is refused before space is taken`() throws {
    let folder = try ArchiveFolder()
    for size in [1 << 40, Int.max] {
      let bytes = try pack([TarHeader(name: "package/a", size: size).encoded, end])
      #expect(try refusal(bytes, folder) == "E_ARCHIVE_FORM")
    }
  }

  @Test func `files that the sums do not list are refused`() throws {
    let folder = try ArchiveFolder()
    let sums = member("package/SHA256SUMS", Array("\(String(repeating: "0", count: 64))  a\n".utf8))
    #expect(try refusal(try pack([sums, member("package/a", [1]), end]), folder) == "E_ARCHIVE_SUMS")
    #expect(try refusal(try pack([sums, end]), folder) == "E_ARCHIVE_SUMS")
    #expect(try refusal(try pack([member("package/a", [1]), end]), folder) == "E_ARCHIVE_SUMS")
    let empty = member("package/SHA256SUMS", [])
    #expect(try refusal(try pack([empty, member("package/a", [1]), end]), folder) == "E_ARCHIVE_SUMS")
  }

  @Test func `an archive without an end is refused`() throws {
    let folder = try ArchiveFolder()
    let sums = member("package/SHA256SUMS", [])
    #expect(try refusal(try pack([sums]), folder) == "E_ARCHIVE_FORM")
    #expect(try refusal(try pack([sums, Array(end.prefix(512))]), folder) == "E_ARCHIVE_FORM")
    #expect(try refusal(try pack([sums, end + end]), folder) == "E_ARCHIVE_FORM")
    #expect(try refusal(try pack([sums, end]), folder) == nil)
  }

  @Test func `a folder that is there is left alone`() throws {
    let folder = try ArchiveFolder()
    _ = try archive(folder)
    try folder.put([7], at: "out/mine")
    #expect(throws: StorageError.targetExists(path: FilePath(folder["out"]))) {
      _ = try ArchiveReader(path: FilePath(folder["good"]), threads: 1).unpack(
        to: FilePath(folder["out"]), in: FilePath(folder.path))
    }
    #expect(try folder.files("out") == ["mine"])
  }

  /// Archives of less than 1 KiB a frame that say they become 512 MiB.
  private func bombs() throws -> [(name: String, bytes: [UInt8])] {
    let frames = 64
    let size = frames * (8 << 20) - 512
    let sums = member("p/SHA256SUMS", Array("\(String(repeating: "0", count: 64))  x\n".utf8))
    let zeros = [UInt8](repeating: 0, count: 8 << 20)
    let head = TarHeader(name: "p/x", size: size).encoded
    let whole = Array(repeating: zeros, count: frames - 1)
    let many = (0..<16_000).flatMap { TarHeader(name: "p/a\(String($0 + 100_000))", size: 0).encoded }
    return [
      ("sums first, one file", try pack([sums, head + zeros.dropLast(512)] + whole + [end])),
      ("without sums", try pack([head + zeros.dropLast(512)] + whole + [end])),
      ("a header in a frame of its own", try pack([sums, head] + whole + [end])),
      ("many files in one frame", try pack([many, end])), ("zeros alone", try pack(whole + [end])),
    ]
  }

  @Test func `an archive that becomes far more than it is, is refused before anything is written`() throws {
    let folder = try ArchiveFolder()
    for (name, bytes) in try bombs() {
      try folder.put(bytes, at: "bomb")
      // Nothing can be written there: who begins with that says so.
      do {
        _ = try ArchiveReader(path: FilePath(folder["bomb"]), threads: 1).unpack(
          to: "/dev/null/out", in: FilePath(folder.path))
        Issue.record("\(name) was unpacked")
      } catch let error as ArchiveError {
        #expect(["E_ARCHIVE_FORM", "E_ARCHIVE_SUMS"].contains(error.diagnostic.code), "\(name): \(error)")
      }
    }
  }
}
