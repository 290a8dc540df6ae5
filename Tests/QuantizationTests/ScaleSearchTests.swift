import Quantization
import TestSupport
import Testing

/// The search of scales: less error in the same form.
@Suite struct ScaleSearchTests {
  private static let formats: [QuantizationFormat] = QuantizationMode.allCases.flatMap { mode in
    QuantizerReference.allCases.flatMap { reference in
      [2, 3, 4, 5, 6, 8].flatMap { bits in
        [16, 32, 64, 128].compactMap { group in
          try? QuantizationFormat(mode: mode, bits: bits, groupSize: group, reference: reference, scales: .search)
        }
      }
    }
  }

  private static func plain(_ format: QuantizationFormat) throws -> QuantizationFormat {
    try QuantizationFormat(
      mode: format.mode, bits: format.bits, groupSize: format.groupSize, reference: format.reference,
      scaleRule: format.scaleRule)
  }

  /// Numbers that are near to normally distributed: sums of twelve even ones, each a bf16 number.
  private static func normal(_ count: Int, seed: UInt64) -> [Float] {
    var random = SplitMix(seed: seed)
    return (0..<count).map { _ in
      let sum = (0..<12).reduce(Float(0)) { sum, _ in sum + Float(random.next() >> 40) * 0x1p-24 }
      return FloatConversion.fromBF16(FloatConversion.toBF16((sum - 6) * 0.02))
    }
  }

  private static func squares(_ w: [Float], _ format: QuantizationFormat, _ type: FloatType) throws -> (Double, Encoded)
  {
    let input = Patterns.bytes(w.map { Patterns.word($0, type) }, type)
    let encoded = try Encoded.fast(format, type, rows: 1, columns: w.count, input)
    let decoded = try DequantizerTests.decode(format, type, rows: 1, columns: w.count, encoded)
    return (zip(w, decoded).reduce(0) { $0 + Double($1.0 - $1.1) * Double($1.0 - $1.1) }, encoded)
  }

  @Test(
    arguments: [
      (QuantizationMode.affine, 4, 64, 0.18), (.affine, 4, 128, 0.15), (.affine, 3, 64, 0.22), (.affine, 8, 64, 0.3),
      (.mxfp4, 4, 32, 0.04), (.nvfp4, 4, 16, 0.2),
    ])
  func `the search takes from the squared error of normal weights at least what the prototype in numpy took`(
    mode: QuantizationMode, bits: Int, group: Int, least: Double
  ) throws {
    let format = try QuantizationFormat(mode: mode, bits: bits, groupSize: group, scales: .search)
    let w = Self.normal(128 * 512, seed: 3)
    let (before, _) = try Self.squares(w, Self.plain(format), .bf16)
    let (after, _) = try Self.squares(w, format, .bf16)
    #expect(after <= before * (1 - least), "\(mode) \(bits)/\(group): \(1 - after / before)")
  }

  @Test(arguments: FloatType.allCases)
  func `no group becomes worse, and every size is what it was`(type: FloatType) throws {
    for format in Self.formats where format.reference == .metal {
      for (name, words) in Patterns.all(type) where name != "huge" && name != "anything" {
        let input = Patterns.bytes(words, type)
        let plain = try Self.plain(format)
        let old = try Encoded.fast(plain, type, rows: 1, columns: words.count, input)
        let new = try Encoded.fast(format, type, rows: 1, columns: words.count, input)
        #expect(
          old.weight.count == new.weight.count && old.scales.count == new.scales.count
            && old.biases.count == new.biases.count)
        let w = (0..<words.count).map { ErrorReference.number(input, type, $0) }
        // mx and nvfp4 values before they are rounded, as products take them.
        let values = type == .f32 || format.mode == .affine ? type : .f32
        let (before, after) = (old.decoded(plain, values), new.decoded(format, values))
        for first in stride(from: 0, to: w.count, by: format.groupSize) {
          let group = first..<first + format.groupSize
          let errors = [before, after].map { v in group.reduce(0.0) { $0 + pow(Double(w[$1]) - Double(v[$1])) } }
          // The search sums in f32.
          guard errors[0].isFinite, errors[0] > 1e-30 else { continue }
          #expect(errors[1] <= errors[0] * 1.00001, "\(format) \(type) \(name) \(first)")
        }
      }
    }
  }

  private func pow(_ x: Double) -> Double { x * x }

  @Test
  func `a group of zeros, of one number, and of numbers whose squares are none keep MLX's bytes`() throws {
    for format in Self.formats where format.mode != .affine || format.bits == 4 {
      for value in [Float(0), 0x1p-90, 0x1p100] {
        let w = (0..<256).map { $0 % 2 == 0 ? value : -value }
        let input = Patterns.bytes(w.map { Patterns.word($0, .bf16) }, .bf16)
        let old = try Encoded.fast(Self.plain(format), .bf16, rows: 1, columns: 256, input)
        let new = try Encoded.fast(format, .bf16, rows: 1, columns: 256, input)
        // Both ends of a 2^100 group decode to no finite square; of a 2^-90 group every square is 0.
        if value == 0 { #expect(old == new, "\(format)") }
        let decoded = new.decoded(format, .bf16)
        #expect(decoded.allSatisfy { $0.isFinite }, "\(format) \(value)")
      }
    }
  }

  @Test func `a number that is not finite is refused as before`() throws {
    for format in Self.formats {
      var w = Self.normal(256, seed: 4)
      w[200] = .nan
      let input = Patterns.bytes(w.map { Patterns.word($0, .f32) }, .f32)
      #expect(throws: QuantizationError.self) {
        try Encoded.fast(format, .f32, rows: 1, columns: 256, input)
      }
    }
  }

  @Test func `nvfp4 keeps a group that MLX makes zero`() throws {
    // Below half the smallest scale: amax / 6 is 2^-10 or less, and MLX's scale is 0.
    let w = (0..<16).map { Float($0 - 8) * 0x1p-11 }
    let plain = try QuantizationFormat(mode: .nvfp4)
    let search = try QuantizationFormat(mode: .nvfp4, scales: .search)
    let (before, old) = try Self.squares(w, plain, .bf16)
    let (after, new) = try Self.squares(w, search, .bf16)
    #expect(old.scales == [0] && new.scales == [1])
    #expect(after < before / 10)
  }
}
