import Files
import Foundation
import Testing

@Suite struct FolderNamesTests {
  @Test func `names are all there and sorted`() throws {
    let folder = FileManager.default.temporaryDirectory.path + "/cambium-names-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    #expect(try namesInFolder(folder) == [])
    // More than one read of the folder gives.
    let names = (0..<2000).map { "file-\($0)" } + [".hidden", "é", "Z"]
    for name in names { #expect(FileManager.default.createFile(atPath: folder + "/" + name, contents: nil)) }
    let found = try namesInFolder(folder)
    #expect(found.count == names.count)
    #expect(Set(found) == Set(names))
    #expect(found.first == ".hidden" && found.last == "é")
  }

  @Test func `what is no folder is refused`() {
    #expect(throws: FileError.self) { try namesInFolder("/nonexistent") }
    #expect(throws: FileError.self) { try namesInFolder("/dev/null") }
    #expect(throws: FileError.self) { try namesInFolder("/\0tmp") }
  }
}
