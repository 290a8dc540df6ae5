import Foundation
import Quantization
import Testing

/// Every format, both references, both scale rules and all types against the numpy model's digests
/// (Fixtures/make_round_fixture.py).
@Suite struct ModelDigestTests {
  @Test func everyCaseHasTheModelsDigest() throws {
    let data = try Data(contentsOf: Fixtures.folder.appendingPathComponent("model_crc.json"))
    let digests = try JSONDecoder().decode([String: [UInt32]].self, from: data)
    let table = crcTable()
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
        let found = [plain.weight, plain.scales, plain.biases].map { crc32($0, table) }
        #expect(found == digest, "\(key)")
        let fast = try Encoded.fast(format, type, rows: input.rows, columns: input.columns, input.bytes)
        let same = fast == plain
        #expect(same, "\(key)")
      }
    }
    #expect(digests.count == 3 * 15 * 2 * (18 + 2 * 2 + 1))
  }

  private func crcTable() -> [UInt32] {
    (UInt32(0)..<256).map { start in
      (0..<8).reduce(start) { value, _ in value & 1 == 1 ? 0xEDB8_8320 ^ (value >> 1) : value >> 1 }
    }
  }

  private func crc32(_ bytes: [UInt8], _ table: [UInt32]) -> UInt32 {
    ~bytes.reduce(~UInt32(0)) { table[Int(($0 ^ UInt32($1)) & 0xFF)] ^ ($0 >> 8) }
  }
}
