import Foundation
import Quantization
import Testing

/// Every format, both references, both scale rules and all types against the numpy model's digests
/// (Fixtures/make_round_fixture.py).
@Suite struct ModelDigestTests {
  @Test func `every case has the model's digest`() throws {
    let data = try Data(contentsOf: Fixtures.folder.appendingPathComponent("model_crc.json"))
    let digests = try JSONDecoder().decode([String: [UInt32]].self, from: data)
    let edges = try Fixtures.tensors("edges.safetensors")
    for type in FloatType.allCases {
      var inputs = try Fixtures.tensors("in_\(type.rawValue).safetensors")
      inputs["edges"] = edges[type.rawValue]
      let suffix = "_\(type.rawValue)_"
      for (key, digest) in digests where key.contains(suffix) {
        let cut = try #require(key.range(of: suffix))
        let rest = key[cut.upperBound...].split(separator: ".")
        let choice = rest[0].split(separator: "_")
        let reference = try #require(QuantizerReference(rawValue: String(choice[0])))
        let rule = try #require(ScaleRule(rawValue: String(choice[1])))
        let format = try Fixtures.format(String(key[..<cut.lowerBound]), reference, rule)
        let input = try #require(inputs[String(rest[1])])
        let plain = Encoded.reference(format, type, rows: input.rows, columns: input.columns, input.bytes)
        let found = [plain.weight, plain.scales, plain.biases].map { CRC32.of($0) }
        #expect(found == digest, "\(key)")
        let fast = try Encoded.fast(format, type, rows: input.rows, columns: input.columns, input.bytes)
        let same = fast == plain
        #expect(same, "\(key)")
      }
    }
    #expect(digests.count == 3 * 15 * 2 * (18 + 2 * 2 + 1))
  }
}
