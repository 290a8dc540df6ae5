import TestSupport
import Foundation
import Quantization
import Testing

/// Each tier in turn against the Swift definition. The only suite that forces tiers; the others do not depend on it.
@Suite(.serialized) struct TierTests {
  private static let formats: [QuantizationFormat] = QuantizationMode.allCases.flatMap { mode in
    QuantizerReference.allCases.flatMap { reference in
      (mode == .mxfp4 || mode == .mxfp8 ? ScaleRule.allCases : [.ceil]).flatMap { rule in
        [2, 3, 4, 5, 6, 8].flatMap { bits in
          [16, 32, 64, 128].compactMap { group in
            try? QuantizationFormat(
              mode: mode, bits: bits, groupSize: group, reference: reference, scaleRule: rule)
          }
        }
      }
    }
  }

  @Test(arguments: SIMDTier.available)
  func `every tier gives the reference's bytes`(tier: SIMDTier) throws {
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
            let same = fast == plain
            #expect(same, "\(tier) \(format) \(type) \(name) \(rows) × \(columns)")
          }
        }
      }
    }
  }

  @Test(arguments: SIMDTier.available)
  func `every tier finds the scales that the reference finds`(tier: SIMDTier) throws {
    #expect(SIMDTier.force(tier))
    defer { SIMDTier.force(nil) }
    for type in FloatType.allCases {
      for (name, words) in Patterns.all(type) {
        // The reference is slow: 8 rows of each pattern.
        let part = Array(Patterns.bytes(words, type)[0..<(min(8, words.count / 128) * 128 * type.byteWidth)])
        let rows = part.count / (128 * type.byteWidth)
        for format in Self.formats {
          let search = try QuantizationFormat(
            mode: format.mode, bits: format.bits, groupSize: format.groupSize, reference: format.reference,
            scaleRule: format.scaleRule, scales: .search)
          let fast = try Encoded.fast(search, type, rows: rows, columns: 128, part)
          let plain = Encoded.reference(search, type, rows: rows, columns: 128, part)
          let same = fast == plain
          #expect(same, "\(tier) \(format) \(type) \(name)")
        }
      }
    }
  }

  /// Seeded random cases at the borders of groups, rows, vectors and blocks, against the digests of the numpy model.
  @Test func `every tier gives the model's bytes`() throws {
    defer { SIMDTier.force(nil) }
    let data = try Data(contentsOf: Fixtures.folder.appendingPathComponent("random_crc.json"))
    let digests = try JSONDecoder().decode([String: [UInt32]].self, from: data)
    for (key, expected) in digests {
      let cases = try RandomCases(key)
      var found = [[UInt32]](repeating: [], count: SIMDTier.available.count)
      for number in cases.shapes.indices {
        let inputs = RandomCases.Kind.allCases.map { cases.input(number, $0) }
        for (place, tier) in SIMDTier.available.enumerated() {
          #expect(SIMDTier.force(tier))
          var bytes: [UInt8] = []
          for input in inputs {
            let encoded = try Encoded.fast(
              cases.format, cases.type, rows: cases.shapes[number].rows, columns: cases.columns(number), input)
            bytes += encoded.weight + encoded.scales + encoded.biases
          }
          found[place].append(CRC32.of(bytes))
        }
      }
      #expect(found.allSatisfy { $0 == expected }, "\(key)")
    }
    #expect(digests.count == 138)
  }

  @Test(arguments: SIMDTier.available)
  func `every tier widens and finds what is not finite`(tier: SIMDTier) throws {
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
  }

  /// Any codes under any scales, infinite and NaN ones too, and odd numbers of groups.
  @Test(arguments: SIMDTier.available)
  func `every tier gives the reference's values`(tier: SIMDTier) throws {
    #expect(SIMDTier.force(tier))
    defer { SIMDTier.force(nil) }
    var random = SplitMix(seed: 17)
    for format in Self.formats where format.reference == .metal {
      for type in FloatType.allCases {
        for (groups, anyScale) in [(1, true), (3, false), (257, true), (514, false)] {
          var encoded = Encoded(format, type, rows: 1, columns: groups * format.groupSize)
          for i in encoded.weight.indices { encoded.weight[i] = UInt8(truncatingIfNeeded: random.next() >> 32) }
          encoded.scales = Self.scales(format, type, groups, anyScale, &random)
          if format.hasBiases { encoded.biases = Self.scales(format, type, groups, anyScale, &random) }
          let columns = groups * format.groupSize
          let fast = try DequantizerTests.decode(format, type, rows: 1, columns: columns, encoded)
          let plain = encoded.decoded(format, type)
          let wrong = zip(fast, plain).count { $0.bitPattern != $1.bitPattern }
          #expect(wrong == 0, "\(tier) \(format) \(type) \(groups)")
          let source = (0..<columns).map { _ in Float(Int(random.next() % 2001)) / 997 - 1 }
          let input = Patterns.bytes(source.map { Patterns.word($0, type) }, type)
          let x = (0..<columns).map { ErrorReference.number(input, type, $0) }
          let found = try ErrorReference(encoded.measured(format, type, input))
          #expect(found == ErrorReference(format, type, x, encoded), "\(tier) \(format) \(type) \(groups)")
        }
      }
    }
  }

  private static func scales(
    _ format: QuantizationFormat, _ type: FloatType, _ groups: Int, _ any: Bool, _ random: inout SplitMix
  ) -> [UInt8] {
    if any {
      return (0..<groups * format.scaleByteWidth(input: type)).map { _ in
        UInt8(truncatingIfNeeded: random.next() >> 32)
      }
    }
    if format.mode != .affine { return (0..<groups).map { _ in UInt8(110 + random.next() % 10) } }
    let numbers = (0..<groups).map { _ in Float(Int(random.next() % 2001)) / 9970 - 0.1 }
    return Patterns.bytes(numbers.map { Patterns.word($0, type) }, type)
  }

  @Test(arguments: SIMDTier.available)
  func `every tier gives PyTorch's float8 blocks`(tier: SIMDTier) throws {
    #expect(SIMDTier.force(tier))
    defer { SIMDTier.force(nil) }
    for (item, digest) in try Float8BlocksTests.cases() {
      let output = try Float8BlocksTests.decode(item.blocks, 0..<item.blocks.rows, item.codes, item.scales)
      #expect(CRC32.of(output) == digest, "\(tier) \(item.key)")
    }
  }

  /// The sums of one block do not depend on the tier.
  @Test(arguments: SIMDTier.available)
  func `every tier sums every length`(tier: SIMDTier) {
    #expect(SIMDTier.force(tier))
    defer { SIMDTier.force(nil) }
    var random = SplitMix(seed: 5)
    for count in Array(0...50) + [1037, 4095, 4096, 4097, 9000] {
      let a = (0..<count).map { _ in Float(Int(random.next() % 2001)) / 997 - 1 }
      let b = a.map { $0 + Float(Int(random.next() % 101)) / 9_973 }
      var accumulator = ErrorAccumulator()
      a.withUnsafeBufferPointer { a in b.withUnsafeBufferPointer { accumulator.add(original: a, decoded: $0) } }
      #expect(ErrorReference(accumulator) == ErrorReference(a, b), "\(tier) \(count)")
    }
  }
}
