import Quantization
import Testing

/// Each tier in turn against the Swift definition. The only suite that forces tiers; the others do not depend on it.
@Suite(.serialized) struct TierTests {
  private static let formats: [QuantizationFormat] = QuantizationMode.allCases.flatMap { mode in
    QuantizerReference.allCases.flatMap { reference in
      [2, 3, 4, 5, 6, 8].flatMap { bits in
        [16, 32, 64, 128].compactMap { group in
          try? QuantizationFormat(mode: mode, bits: bits, groupSize: group, reference: reference)
        }
      }
    }
  }

  @Test(arguments: SIMDTier.available)
  func sameBytesAsTheReference(tier: SIMDTier) throws {
    #expect(SIMDTier.force(tier))
    defer { SIMDTier.force(nil) }
    #expect(SIMDTier.current == tier)
    for type in FloatType.allCases {
      for (name, words) in Patterns.all(type) {
        let bytes = Patterns.bytes(words, type)
        for format in Self.formats {
          for (rows, columns) in [(words.count / 128, 128), (1, words.count), (3, format.groupSize)] {
            let part = Array(bytes[0..<rows * columns * type.byteWidth])
            let fast = try Encoded.fast(format, type, rows: rows, columns: columns, part)
            let plain = Encoded.reference(format, type, rows: rows, columns: columns, part)
            #expect(fast == plain, "\(tier) \(format) \(type) \(name) \(rows) × \(columns)")
          }
        }
      }
    }
  }

  @Test(arguments: SIMDTier.available)
  func widenFiniteAndSums(tier: SIMDTier) throws {
    #expect(SIMDTier.force(tier))
    defer { SIMDTier.force(nil) }
    for type in [FloatType.bf16, .f16] {
      let all = (0..<65_536).map { UInt32($0) }
      let bytes = Patterns.bytes(all, type)
      var out = [Float](repeating: 0, count: all.count)
      try bytes.withUnsafeBytes { raw in try out.withUnsafeMutableBufferPointer { try widen(raw, type, into: $0) } }
      for (word, value) in zip(all, out) {
        let expected = type == .bf16 ? FloatConversion.fromBF16(UInt16(word)) : FloatConversion.fromF16(UInt16(word))
        #expect(value.bitPattern == expected.bitPattern, "\(tier) \(type) \(word)")
      }
    }
    // Odd addresses and every length around a vector.
    let bytes = [0x7F] + Patterns.bytes((0..<200).map { UInt32($0 * 3) }, .bf16)
    for count in 0...199 {
      bytes.withUnsafeBytes { raw in
        let part = UnsafeRawBufferPointer(rebasing: raw[1..<1 + count * 2])
        #expect(firstNonFinite(part, .bf16) == nil)
      }
    }
    for count in [0, 1, 7, 8, 9, 1037] { compareSums(count) }
  }

  /// The sums of one block do not depend on the tier: compared with lanes written out here.
  private func compareSums(_ count: Int) {
    var generator = SplitMix(seed: 5)
    let a = (0..<count).map { _ in Float(Int(generator.next() % 2001)) / 997 - 1 }
    let b = a.map { $0 + Float(Int(generator.next() % 101)) / 9_973 }
    var accumulator = ErrorAccumulator()
    a.withUnsafeBufferPointer { a in b.withUnsafeBufferPointer { accumulator.add(original: a, decoded: $0) } }
    var dots = [Double](repeating: 0, count: 8)
    var squares = dots
    for i in a.indices {
      dots[i % 8] += Double(a[i]) * Double(b[i])
      let d = Double(a[i]) - Double(b[i])
      squares[i % 8] += d * d
    }
    let total = { (l: [Double]) in ((l[0] + l[4]) + (l[2] + l[6])) + ((l[1] + l[5]) + (l[3] + l[7])) }
    #expect(accumulator.dot.bitPattern == total(dots).bitPattern)
    #expect(accumulator.differenceSquares.bitPattern == total(squares).bitPattern)
    #expect(accumulator.largestDifference == zip(a, b).map { ($0 - $1).magnitude }.max() ?? 0)
  }
}
