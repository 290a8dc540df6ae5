import Diagnostics
import SystemPackage
import Foundation
import Inference
import Safetensors
import Testing
import Threads

/// A model of NaN chooses nothing and agrees with nothing: every way of running it ends by name.
@Suite struct FiniteLogitsTests {
  /// A copy of a model whose tensor has a number that is none at its beginning. The head's norms are kept as offsets.
  private func withDamage(_ tensor: String, _ bits: UInt32, _ body: (LoadedModel) throws -> Void) throws {
    try withChangedConfig("qwen3_next_moe", { _ in }) { path in
      for name in try FileManager.default.contentsOfDirectory(atPath: path) where name.hasSuffix(".safetensors") {
        let file = try SafetensorsFile(path: FilePath(path + "/" + name))
        guard let entry = file.header[tensor] else { continue }
        let width = entry.dtype.bits / 8
        let word = (0..<4).map { UInt8(truncatingIfNeeded: bits >> (8 * $0)) }.suffix(width)
        var bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path + "/" + name)))
        let at = file.header.dataStart + entry.begin
        bytes.replaceSubrange(at..<at + width, with: word)
        try Data(bytes).write(to: URL(fileURLWithPath: path + "/" + name))
        return try body(LoadedModel.open(path))
      }
      Issue.record("no tensor \(tensor)")
    }
  }

  private func code(_ body: () throws -> Void) -> String? {
    do { try body() } catch let error as any CambiumError { return error.diagnostic.code } catch {}
    return nil
  }

  @Test(arguments: [UInt32(0x7FC0_0000), 0x7F80_0000, 0xFF80_0000])
  func `05 a final norm that is no number ends every decoding, scoring and trace`(bits: UInt32) throws {
    try withDamage("model.norm.weight", bits, everyWayFails)
  }

  private func everyWayFails(_ model: LoadedModel) throws {
    let samplings = [
      Sampling.greedy, Sampling(temperature: 0.8), Sampling(temperature: 0.8, topP: 0.9),
      Sampling(temperature: 0.8, topK: 5),
    ]
    for sampling in samplings {
      for method in [DecodingMethod.vanilla, .mtp(depth: 2), .optimistic(depth: 1)] {
        let found = code {
          let session = DecodingSession(model, threads: 1)
          let decoding = try session.decode([1, 2, 3], method, DecodingOptions(limit: 4, sampling: sampling))
          for _ in decoding {}
          try decoding.requireSuccess()
        }
        #expect(found == "E_LOGITS", "\(method) \(sampling)")
      }
    }
    #expect(code { _ = try TextScorer(model, pool: WorkerPool(threads: 1)).logits([1, 2]) } == "E_LOGITS")
    #expect(code { _ = try model.trace([1, 2, 3], limit: 2, depth: 1, threads: 1) } == "E_LOGITS")
  }

  @Test func `the head's logits are looked at too, and vanilla decoding does not need them`() throws {
    try withDamage("mtp.norm.weight", 0x7FC0_0000) { model in
      #expect(
        code {
          let session = DecodingSession(model, threads: 1)
          let decoding = try session.decode([1, 2, 3], .mtp(depth: 2), DecodingOptions(limit: 4))
          for _ in decoding {}
          try decoding.requireSuccess()
        } == "E_LOGITS")
      let session = DecodingSession(model, threads: 1)
      let plain = try session.decode([1, 2, 3], .vanilla, DecodingOptions(limit: 4))
      #expect(Array(plain).count == 4 && plain.failure == nil)
    }
  }
}

/// Whatever the logits are, choosing a token ends, and with a token of the vocabulary.
@Suite struct HostileLogitsTests {
  private static let rows: [[Float]] = [
    [.nan, .nan, .nan, .nan], [1, .nan, 2, 0], [.infinity, 1, .infinity, 0],
    [-.infinity, -.infinity, -.infinity, -.infinity],
    [-.infinity, 3, -.infinity, 2], [3e38, -3e38, 3.2e38, 0], [0, 0, 0, 0], [.nan, .infinity, -.infinity, 1],
  ]

  @Test func `05 sampling ends whatever the logits`() {
    for row in HostileLogitsTests.rows {
      for sampling in [
        Sampling(temperature: 1e-3), Sampling(temperature: 0.8, topK: 2), Sampling(temperature: 0.8, topP: 0.9),
        Sampling(temperature: 0.8, minP: 0.5), Sampling(temperature: 3e38, topK: 3, topP: 0.5, minP: 0.1),
        Sampling(temperature: 0),
      ] {
        var check = DraftCheck(sampling, vocabulary: row.count)
        #expect(row.indices.contains(check.choose(row)), "\(row) \(sampling)")
        check.beginDraft()
        let draft = check.draft(row)
        #expect(row.indices.contains(check.check(draft, row).instead), "\(row) \(sampling)")
      }
    }
  }

  @Test func `a logit beyond what a temperature can scale keeps its distribution`() {
    var distribution = Distribution()
    [Float(3.0e38), 2.9e38].withUnsafeBufferPointer { logits in
      guard let base = logits.baseAddress else { return }
      distribution.set(base, count: 2, Sampling(temperature: 1e-3))
    }
    #expect(distribution.probabilities == [1, 0])
    [Float(1), .nan, 1].withUnsafeBufferPointer { logits in
      guard let base = logits.baseAddress else { return }
      distribution.set(base, count: 3, Sampling(temperature: 1))
    }
    #expect(distribution.probabilities == [0.5, 0, 0.5])
  }
}
