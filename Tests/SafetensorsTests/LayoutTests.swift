import TestSupport
import Safetensors
import Testing

@Suite struct LayoutTests {
  @Test func `the golden header comes out`() throws {
    let layout = try SafetensorsLayout(
      tensors: [("b", .bf16, [2, 1]), ("a", .u8, []), ("é\"", .f32, [1]), ("Z", .bf16, [0]), ("s", .f64, [1])],
      metadata: ["format": "mlx", "a": "é\n"])
    let json =
      #"{"Z":{"data_offsets":[12,12],"dtype":"BF16","shape":[0]},"__metadata__":{"a":"é\n","format":"mlx"},"#
      + #""a":{"data_offsets":[16,17],"dtype":"U8","shape":[]},"b":{"data_offsets":[12,16],"dtype":"BF16","shape":[2,1]},"#
      + #""s":{"data_offsets":[0,8],"dtype":"F64","shape":[1]},"é\"":{"data_offsets":[8,12],"dtype":"F32","shape":[1]}}"#
    let padding = String(repeating: " ", count: (8 - json.utf8.count % 8) % 8)
    #expect(layout.headerBytes == blob(json + padding))
    #expect(layout.headerBytes.count % 8 == 0)
    #expect(layout.entries.map(\.name) == ["s", "é\"", "Z", "b", "a"])
    #expect(layout.fileSize == layout.headerBytes.count + 17)
  }

  @Test func `the smallest file has the golden bytes`() throws {
    #expect(try SafetensorsLayout(tensors: []).headerBytes == [8, 0, 0, 0, 0, 0, 0, 0] + Array("{}      ".utf8))
  }

  @Test func `the order of the input does not matter`() throws {
    let tensors: [(name: String, dtype: DType, shape: [Int])] = DType.allCases.map { ($0.rawValue, $0, [8]) }
    let layout = try SafetensorsLayout(tensors: tensors)
    #expect(try SafetensorsLayout(tensors: tensors.reversed()).headerBytes == layout.headerBytes)
  }

  @Test func `every tensor is at a multiple of its width`() throws {
    let layout = try SafetensorsLayout(
      tensors: [("a", .u8, [3]), ("b", .bf16, [3]), ("c", .f32, [3]), ("d", .f64, [3]), ("e", .f4, [2])])
    for entry in layout.entries { #expect(entry.begin * 8 % entry.dtype.bits == 0) }
    #expect(layout.entries.map(\.name) == ["d", "c", "b", "a", "e"])
  }

  @Test func `what is written is read`() throws {
    let tensors: [(name: String, dtype: DType, shape: [Int])] = [
      ("e\u{301}", .f32, [2, 3]), ("\u{E9}", .f32, [1]), ("a/../b", .i8, [5]), ("x", .bf16, [0, 4]), ("y", .u64, []),
    ]
    let layout = try SafetensorsLayout(tensors: tensors, metadata: ["k": "v", "": ""])
    let x = (0..<24).map { UInt8($0) }
    let file = layout.assemble(["e\u{301}": x])
    #expect(file.count == layout.fileSize)
    let header = try SafetensorsHeader.parse(file, fileSize: file.count, file: "w.safetensors")
    #expect(header.tensors.count == 5)
    for entry in layout.entries { #expect(header[entry.name] == entry) }
    #expect(header.metadata == [.init(key: "", value: ""), .init(key: "k", value: "v")])
    #expect(header.metadataValue("k") == "v" && header.metadataValue("z") == nil)
    #expect(header["nothing"] == nil)
    #expect(header.dataStart + header.dataSize == header.fileSize)
  }

  @Test func `what a reader would refuse is not written`() {
    func code(_ tensors: [(name: String, dtype: DType, shape: [Int])]) -> String? {
      refusal { _ = try SafetensorsLayout(tensors: tensors) }?.code
    }
    #expect(code([("a", .f32, [1]), ("a", .u8, [1])]) == "E_ST_DUPLICATE_NAME")
    #expect(code([("__metadata__", .f32, [1])]) == "E_ST_NAME")
    #expect(code([("", .f32, [1])]) == "E_ST_NAME")
    #expect(code([("a\u{0}", .f32, [1])]) == "E_ST_NAME")
    #expect(code([("a", .f32, [-1])]) == "E_ST_NUMBER")
    #expect(code([("a", .f32, [Int.max])]) == "E_ST_OVERFLOW")
    #expect(code([("a", .f32, [Int.max, 2])]) == "E_ST_OVERFLOW")
    #expect(code([("a", .f4, [3])]) == "E_ST_SIZE_MISMATCH")
    #expect(code([("a", .f32, Array(repeating: 1, count: 17))]) == "E_ST_TENSOR_INFO")
    #expect(code((0..<9).map { ("\($0)", .u8, [(1 << 60) - 1]) }) == "E_ST_OVERFLOW")
  }
}
