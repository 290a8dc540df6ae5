import Safetensors
import Testing

@Suite struct LargeHeaderTests {
  @Test func `a header of 75,000 tensors is read`() throws {
    let tensors: [(name: String, dtype: DType, shape: [Int])] = (0..<75_000).map { index in
      let name =
        "model.language_model.layers.\(index / 1536).mlp.experts.\(index % 512).down_proj_with_a_rather_long_name."
        + "\(index % 3).weight_\(index)"
      return (name, .bf16, [4096, 2048 + index % 7])
    }
    let layout = try SafetensorsLayout(tensors: tensors, metadata: ["format": "pt"])
    // Some 0.1 s: were the work quadratic, the suite would stand here for minutes.
    let header = try SafetensorsHeader.parse(layout.headerBytes, fileSize: layout.fileSize, file: "w")
    #expect(header.tensors.count == 75_000)
  }

  @Test(arguments: [65_536, 65_537, 1_000_000])
  func `more metadata than any tool writes are refused before they are kept`(count: Int) {
    let entries = (0..<count).map { "\"k\($0)\":\"v\"" }.joined(separator: ",")
    let header = "{\"__metadata__\":{\(entries)},\"a\":\(record("F32", "[1]", 0, 4))}"
    let found = refusal(of: blob(header, zeros(4)))
    #expect(found?.code == (count > 65_536 ? "E_ST_METADATA" : nil))
    #expect(count <= 65_536 || found?.found == "more than 65536 entries")
  }
}
