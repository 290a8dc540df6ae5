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
    let clock = ContinuousClock()
    var count = 0
    let time = try clock.measure {
      count = try SafetensorsHeader.parse(layout.headerBytes, fileSize: layout.fileSize, file: "w").tensors.count
    }
    print("header of \(layout.headerBytes.count) bytes, 75,000 tensors: \(time)")
    #expect(count == 75_000)
    // Far above the usual 0.1 s, because test machines are shared; quadratic behaviour would take minutes.
    #expect(time < .seconds(10))
  }
}
