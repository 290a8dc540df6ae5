import TestSupport
import SystemPackage
import Foundation
import Safetensors
import Testing

@Suite struct FileReadingTests {
  @Test func `data is read by offset`() throws {
    let layout = try SafetensorsLayout(tensors: [("a", .u8, [4]), ("b", .f32, [1])])
    try withFile(layout.assemble(["a": [1, 2, 3, 4], "b": [5, 6, 7, 8]])) { path in
      let file = try SafetensorsFile(path: FilePath(path))
      #expect(file.path == FilePath(path))
      #expect(try file.currentIdentity() == file.identity)
      #expect(try file.readData(of: #require(file.header["a"])) == [1, 2, 3, 4])
      var bytes: [UInt8] = zeros(3)
      try bytes.withUnsafeMutableBytes { try file.read(into: $0, atDataOffset: 3) }
      #expect(bytes == [8, 1, 2])
    }
  }

  @Test(arguments: [6, 9, -1, Int.max, Int.min])
  func `reads outside the data are refused`(offset: Int) throws {
    let layout = try SafetensorsLayout(tensors: [("a", .u8, [8])])
    try withFile(layout.assemble([:])) { path in
      let file = try SafetensorsFile(path: FilePath(path))
      var bytes: [UInt8] = zeros(3)
      let found = refusal { try bytes.withUnsafeMutableBytes { try file.read(into: $0, atDataOffset: offset) } }
      #expect(found?.code == "E_FILE_READ")
    }
  }

  @Test func `links are refused when not allowed`() throws {
    try withFile(blob(one, zeros(4))) { path in
      let link = path + ".link"
      try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: path)
      defer { try? FileManager.default.removeItem(atPath: link) }
      #expect(try SafetensorsFile(path: FilePath(link)).header.tensors.count == 1)
      #expect(
        refusal { _ = try SafetensorsFile(path: FilePath(link), followLinks: false) }?.code == "E_FILE_NOT_REGULAR")
    }
  }

  @Test func `missing files are said to be missing`() {
    #expect(refusal { _ = try SafetensorsFile(path: "/nonexistent/x.safetensors") }?.code == "E_FILE_MISSING")
  }
}
