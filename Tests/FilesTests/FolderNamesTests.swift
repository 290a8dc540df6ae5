import TestSupport
import SystemPackage
import Files
import Foundation
import Testing

#if canImport(Glibc)
  import Glibc
#endif

@Suite struct FolderNamesTests {
  @Test func `names are all there and sorted`() throws {
    let scratch = try ScratchFolder.lasting()
    let folder = scratch.path
    #expect(try namesInFolder(FilePath(folder)) == [])
    // More than one read of the folder gives.
    let names = (0..<2000).map { "file-\($0)" } + [".hidden", "é", "Z"]
    for name in names { #expect(FileManager.default.createFile(atPath: folder + "/" + name, contents: nil)) }
    let found = try namesInFolder(FilePath(folder))
    #expect(found.count == names.count)
    #expect(Set(found) == Set(names))
    #expect(found.first == ".hidden" && found.last == "é")
  }

  @Test func `a name that is not UTF-8 is a fault of the folder's maker`() throws {
    let folder = FileManager.default.temporaryDirectory.path + "/cambium-names-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let name = Array(folder.utf8) + [0x2F, 0x61, 0xFF, 0]
    let descriptor = name.withUnsafeBufferPointer { bytes in
      bytes.withMemoryRebound(to: CChar.self) { $0.baseAddress.map { open($0, O_CREAT | O_WRONLY, 0o600) } ?? -1 }
    }
    try #require(descriptor >= 0)
    close(descriptor)
    let error = #expect(throws: FileError.self) { try namesInFolder(FilePath(folder)) }
    #expect(error?.diagnostic.code == "E_FILE_NAME" && error?.diagnostic.exitStatus == .badInput)
  }

  @Test func `what is no folder is refused`() {
    #expect(throws: FileError.self) { try namesInFolder("/nonexistent") }
    #expect(throws: FileError.self) { try namesInFolder("/dev/null") }
    #expect(throws: FileError.self) { try namesInFolder(FilePath(untrusted: "/\0tmp")) }
  }
}
