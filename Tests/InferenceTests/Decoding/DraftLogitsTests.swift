import Inference
import SystemPackage
import Safetensors
import Testing

@Suite struct DraftLogitsTests {
  /// Four rounds of a reference head, drafting on from its own output at the positions of the family.
  @Test(arguments: [
    (Golden(model: "qwen3_next_moe", name: "len17"), 2), (Golden(model: "qwen3_5_dense_vl", name: "text12"), 3),
    (Golden(model: "qwen3_5_moe", name: "text31"), 3),
  ])
  func `logits of every draft are those of the reference`(_ golden: Golden, _ depth: Int) throws {
    let path = Golden.root + "/draft_logits.safetensors"
    let expected = try GoldenTensors(file: SafetensorsFile(path: FilePath(path))).floats(
      "\(golden.model).\(golden.name)")
    let session = DecodingSession(try golden.open(), threads: 1)
    var found: [Float] = []
    let decoding = try session.decode(golden.prompt(), .mtp(depth: depth), DecodingOptions(limit: 40)) { session in
      MTPDrafter(session).map { ShownDrafter($0) { found += $0 } }
    }
    for _ in decoding {}
    #expect(distance(Array(found.prefix(4 * depth * 256)), expected) < 3e-4)
  }
}
