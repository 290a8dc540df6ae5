import Diagnostics
import Foundation
import Planning
import StrictJSON
import Testing

/// Finite numbers of which a treatment would make infinite ones, and measures that are no numbers: the run ends by name
/// and publishes nothing.
@Suite struct OverflowTests {
  private static let tensor = "model.language_model.layers.1.mlp.up_proj.weight"
  private static let written = "language_model.model.layers.1.mlp.up_proj.weight"

  private func refusal(
    _ golden: String, _ numbers: [UInt16], _ treatment: JSONValue
  ) throws -> Diagnostic {
    var source = TinyCheckpoint(.dense)
    for (index, bits) in numbers.enumerated() { source.plant(bits, in: Self.tensor, at: index) }
    return try withWorkshop(source: source) { shop in
      try shop.writeManifest([("rules", [["match": .string(Self.written), "treatment": treatment]])])
      return try shop.refusal(golden)
    }
  }

  @Test func `05 a number that a cast would make infinite is refused`() throws {
    // 65,536: finite in BF16, beyond F16.
    let error = try refusal("overflow-of-a-cast", [0x3F80, 0x4780], ["cast": "f16"])
    #expect(error.code == "E_CAST_OVERFLOW" && error.exitStatus == .badInput)
    #expect(error.tensor == Self.written && error.found == "element 1 of what is written becomes infinite")
  }

  @Test func `05 a group whose range is infinite is refused`() throws {
    // The largest number and the smallest: what lies between them is beyond F32.
    let error = try refusal("overflow-of-a-range", [0x7F7F, 0xFF7F], ["quantize": ["mode": "affine", "bits": 4]])
    #expect(error.code == "E_CAST_OVERFLOW" && error.tensor == Self.written)
  }

  @Test(arguments: ["mxfp4", "mxfp8"])
  func `05 a group so small that the exponent of its scale wraps to infinity is refused`(mode: String) throws {
    // The CPU backend keeps the last eight bits of exponent + 127: -128 becomes 255. Largest of the group: 2^-128 times
    // the peak of the mode, 6 or 448.
    let largest: UInt16 = mode == "mxfp4" ? 0x00C0 : 0x03E0
    let group = [largest] + [UInt16](repeating: 0, count: 31)
    let error = try refusal(
      "overflow-of-a-scale-\(mode)", group, ["quantize": ["mode": .string(mode), "reference": "cpu"]])
    #expect(error.code == "E_CAST_OVERFLOW" && error.tensor == Self.written)
    #expect(error.expected == "numbers that a scale of \(mode) holds")
  }

  @Test func `05 an error that is no number is refused, whatever the thresholds`() throws {
    // Rounded up to 4 · 2^126, which no F32 holds.
    let error = try refusal("measure-not-a-number", [0x7F7F], ["quantize": ["mode": "mxfp4"]])
    #expect(error.code == "E_MEASURE" && error.exitStatus == .verificationFailed && error.tensor == Self.written)
  }
}
