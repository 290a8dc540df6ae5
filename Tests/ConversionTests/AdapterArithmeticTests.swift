import Adapters
import SystemPackage
import Checkpoint
import Foundation
import Measuring
import Streaming
import Testing

/// The numbers of a merge, wherever a piece of a tensor begins and ends.
@Suite struct AdapterArithmeticTests {
  @Test(arguments: [
    ("dense-peft-plain-f32", "mlp.down_proj"), ("dense-peft-tune_embed", "embed_tokens"),
    ("moe-peft-experts", "switch_mlp.up_proj"),
  ])
  func `pieces of a tensor are merged as the whole is`(name: String, part: String) throws {
    let base = try CheckpointFolder(.folder(FilePath(AdapterFixture.base(name))))
    let adapter = try Adapter(.folder(FilePath(AdapterFixture.folder + "/" + name)))
    let trunk = try adapter.merged(into: base.trunk(), of: base)
    let tensor = try #require(trunk.tensors.first { $0.name.contains(part) && $0.delta != nil })
    let reader = SourceReader(base)
    var whole = [UInt8](repeating: 0, count: tensor.byteCount)
    try whole.withUnsafeMutableBytes { try reader.read(tensor, from: 0, into: $0) }
    var pieces = whole
    let scratch = DeltaScratch(DeltaRoom([tensor]))
    let sums = try whole.withUnsafeMutableBytes { bytes in
      try #require(AdapterDelta(tensor, scratch)).apply(to: bytes, from: 0)
    }
    var changed = 0
    var at = 0
    // Lengths that divide neither rows nor matrices.
    let lengths = [1, 37, 64, 911, 3, 2048, 129]
    try pieces.withUnsafeMutableBytes { bytes in
      var turn = 0
      while at < bytes.count / 2 {
        let end = min(at + lengths[turn % lengths.count], bytes.count / 2)
        let piece = UnsafeMutableRawBufferPointer(rebasing: bytes[2 * at..<2 * end])
        changed += try #require(AdapterDelta(tensor, DeltaScratch(DeltaRoom([tensor])))).apply(to: piece, from: at)
          .changed
        at = end
        turn += 1
      }
    }
    #expect(pieces == whole)
    #expect(changed == sums.changed)
    #expect(sums.changed > 0)
  }

  @Test(arguments: [
    ("q_proj", "model.layers.3.self_attn.q_proj", true), ("q_proj", "model.layers.3.self_attn.xq_proj", false),
    ("layers\\.0\\..*gate_proj", "model.layers.0.mlp.gate_proj", true),
    ("layers\\.0\\..*gate_proj", "model.layers.10.mlp.gate_proj", false),
    ("layers.(1|2).mlp", "model.layers.2.mlp", true), ("layers\\.[0-3]\\.mlp", "layers.4.mlp", false),
    ("model\\.layers\\.\\d{2}\\..+?_proj", "model.layers.12.mlp.up_proj", true),
    ("^mlp$", "mlp", true), ("^mlp$", "model.mlp", false), ("[^.]+", "model.layers.mlp", true),
  ])
  func `a pattern is found at the end of a module's name as PEFT finds it`(pattern: String, name: String, found: Bool)
    throws
  {
    #expect(try #require(ModulePattern(pattern)).matchesEnd(of: name) == found)
  }

  @Test func `a pattern is held against the whole name`() throws {
    let pattern = try #require(ModulePattern(".*mlp\\.(up|down)_proj"))
    #expect(pattern.matches("model.layers.0.mlp.down_proj"))
    #expect(!pattern.matches("model.layers.0.mlp.gate_proj"))
    #expect(!pattern.matches("model.layers.0.mlp.down_proj.x"))
    #expect(ModulePattern("(?=a)b") == nil)
    #expect(ModulePattern("a**") == nil)
    #expect(ModulePattern("(a") == nil)
    // What keeps others busy for ages.
    let slow = try #require(ModulePattern("((a*)*)*b"))
    #expect(!slow.matches(String(repeating: "a", count: 400)))
  }
}
