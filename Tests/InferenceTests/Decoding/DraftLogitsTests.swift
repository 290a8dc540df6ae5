import Inference
import Safetensors
import Testing

@Suite struct DraftLogitsTests {
  /// A head that shows its draft logits to the test.
  private final class Shown: Drafter {
    let drafter: MTPDrafter
    let show: ([Float]) -> Void
    var rowsRun: Int { drafter.rowsRun }

    init(_ drafter: MTPDrafter, _ show: @escaping ([Float]) -> Void) {
      self.drafter = drafter
      self.show = show
    }

    func observe(_ rows: PassRows, hidden: UnsafePointer<Float>) { drafter.observe(rows, hidden: hidden) }

    func draft(_ count: Int, position: Int, choose: (UnsafePointer<Float>) -> Int) -> [Int] {
      drafter.draft(count, position: position) { logits in
        show(Array(UnsafeBufferPointer(start: logits, count: 256)))
        return choose(logits)
      }
    }

    func replaceLast(token: Int, embedding: UnsafePointer<Float>?) {}
    func copy(engine: TextEngine) -> any Drafter { drafter.copy(engine: engine) }
  }

  /// Four rounds of a reference head, drafting on from its own output at the positions of the family.
  @Test(arguments: [
    (Golden(model: "qwen3_next_moe", name: "len17"), 2), (Golden(model: "qwen3_5_dense_vl", name: "text12"), 3),
    (Golden(model: "qwen3_5_moe", name: "text31"), 3),
  ])
  func `logits of every draft are those of the reference`(_ golden: Golden, _ depth: Int) throws {
    let path = Golden.root + "/draft_logits.safetensors"
    let expected = try GoldenTensors(file: SafetensorsFile(path: path)).floats("\(golden.model).\(golden.name)")
    let session = DecodingSession(try golden.open(), threads: 1)
    var found: [Float] = []
    let decoding = try session.decode(golden.prompt(), .mtp(depth: depth), DecodingOptions(limit: 40)) { session in
      MTPDrafter(session).map { Shown($0) { found += $0 } }
    }
    for _ in decoding {}
    #expect(distance(Array(found.prefix(4 * depth * 256)), expected) < 3e-4)
  }
}
