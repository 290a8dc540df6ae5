import Foundation
import Quantization
import Testing

/// Bytes that MLX's CPU backend wrote, and those of the Metal model.
@Suite struct GoldenTests {
  @Test(arguments: [QuantizerReference.cpu, .metal])
  func `every golden vector comes out byte for byte`(reference: QuantizerReference) throws {
    let files = try FileManager.default.contentsOfDirectory(
      atPath: Fixtures.folder.appendingPathComponent(reference.rawValue).path
    ).filter { $0.hasSuffix(".safetensors") }
    var cases = 0
    for file in files {
      let stem = file.dropLast(".safetensors".count)
      let cut = try #require(stem.lastIndex(of: "_"))
      let type = try #require(FloatType(rawValue: String(stem[stem.index(after: cut)...])))
      let format = try Fixtures.format(String(stem[..<cut]), reference)
      let inputs = try Fixtures.tensors("in_\(type.rawValue).safetensors")
      let golden = try Fixtures.tensors("\(reference.rawValue)/\(file)")
      for (name, input) in inputs {
        let weight = try #require(golden[name + ".weight"])
        let scales = try #require(golden[name + ".scales"])
        let fast = try Encoded.fast(format, type, rows: input.rows, columns: input.columns, input.bytes)
        let plain = Encoded.reference(format, type, rows: input.rows, columns: input.columns, input.bytes)
        for (path, out) in [("kernel", fast), ("reference", plain)] {
          #expect(differingBytes(out.weight, weight.bytes) == 0, "\(file) \(name) weight, \(path)")
          #expect(differingBytes(out.scales, scales.bytes) == 0, "\(file) \(name) scales, \(path)")
          #expect(
            differingBytes(out.biases, golden[name + ".biases"]?.bytes ?? []) == 0, "\(file) \(name) biases, \(path)")
        }
        cases += 1
      }
    }
    #expect(cases == (reference == .cpu ? 882 : 5 * 14))
  }
}
