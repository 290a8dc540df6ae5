import TestSupport
import Diagnostics
import Foundation
import Quantization
import Testing

/// FP8 weights with block scales.
@Suite struct Float8BlocksTests {
  /// The inputs of Fixtures/make_fp8_vectors.py.
  struct Case {
    let key: String
    let blocks: Float8Blocks
    let codes: [UInt8]
    let scales: [UInt8]

    init(_ key: String) throws {
      self.key = key
      let parts = key.split(separator: "_")
      let sizes = parts[0].split(separator: "x").compactMap { Int($0) }
      let type = try #require(FloatType(rawValue: String(parts[1])))
      let grid = sizes.map { ($0 + 127) / 128 }
      blocks = try Float8Blocks(shape: sizes, scaleShape: grid, scaleType: type)
      var random = SplitMix(seed: try #require(UInt64(parts[2])))
      codes = (0..<sizes[0] * sizes[1]).map { _ in
        let code = UInt8(truncatingIfNeeded: random.next() >> 40)
        return code & 0x7F == 0x7F ? code ^ 1 : code
      }
      let words = (0..<grid[0] * grid[1]).map { _ in
        let word = random.next()
        return (UInt32(word & 0xFFFF) % 240) << 23 | UInt32(word >> 41)
      }
      scales = Patterns.bytes(type == .bf16 ? words.map { $0 >> 16 } : words, type)
    }
  }

  static func cases() throws -> [(Case, UInt32)] {
    let data = try Data(contentsOf: Fixtures.folder.appendingPathComponent("fp8_crc.json"))
    return try JSONDecoder().decode([String: UInt32].self, from: data).map { (try Case($0.key), $0.value) }
  }

  static func decode(
    _ blocks: Float8Blocks, _ rows: Range<Int>, _ codes: [UInt8], _ scales: [UInt8]
  ) throws -> [UInt8] {
    var output = [UInt8](repeating: 0xAA, count: rows.count * blocks.columns * 2)
    let part = Array(codes[rows.lowerBound * blocks.columns..<rows.upperBound * blocks.columns])
    try part.withUnsafeBytes { part in
      try scales.withUnsafeBytes { scales in
        try output.withUnsafeMutableBytes { output in
          try blocks.decode(rows: rows, codes: part, scales: scales, into: output)
        }
      }
    }
    return output
  }

  @Test func `every case has the digest of PyTorch`() throws {
    let cases = try Self.cases()
    for (item, digest) in cases {
      let rows = item.blocks.rows
      #expect(CRC32.of(try Self.decode(item.blocks, 0..<rows, item.codes, item.scales)) == digest, "\(item.key)")
      // In parts that cut through the bands of blocks.
      var parts: [UInt8] = []
      for first in stride(from: 0, to: rows, by: 50) {
        parts += try Self.decode(item.blocks, first..<min(first + 50, rows), item.codes, item.scales)
      }
      #expect(CRC32.of(parts) == digest, "\(item.key) in parts")
    }
    #expect(cases.count == 130)
  }

  @Test func `every code under many scales is the definition`() throws {
    let blocks = try Float8Blocks(shape: [256, 254], scaleShape: [2, 2], scaleType: .f32)
    // Column by column every code that is a number.
    let line: [UInt8] = Array(0...126) + Array(128...254)
    let codes: [UInt8] = (0..<256).flatMap { _ in line }
    let numbers: [Float] = [0x1p-130, 0.000123, 0x1p119, -3.3333]
    let output = try Self.decode(blocks, 0..<256, codes, Patterns.bytes(numbers.map(\.bitPattern), .f32))
    var wrong = 0
    for index in codes.indices {
      let band = index / 254 / 128
      let scale = numbers[2 * band + index % 254 / 128]
      let expected = FloatConversion.toBF16(Float8Blocks.value(codes[index], scale))
      if ErrorReference.number(output, .bf16, index).bitPattern != UInt32(expected) << 16 { wrong += 1 }
    }
    #expect(wrong == 0)
  }

  @Test func `numbers that are not finite are named`() throws {
    let blocks = try Float8Blocks(shape: [200, 300], scaleShape: [2, 3], scaleType: .f32)
    let codes = [UInt8](repeating: 0x38, count: 60_000)
    let ones = [Float](repeating: 1, count: 6)
    func refusal(_ codes: [UInt8], _ scales: [Float], _ rows: Range<Int>) -> QuantizationError? {
      do {
        _ = try Self.decode(blocks, rows, codes, Patterns.bytes(scales.map(\.bitPattern), .f32))
        return nil
      } catch { return error as? QuantizationError }
    }
    #expect(refusal(codes, ones, 0..<200) == nil)
    let places: [Int] = [0, 1, 31, 32, 127, 128, 255, 256, 299, 300, 45_287, 59_999]
    for index in places {
      for code in [UInt8(0x7F), 0xFF] {
        var bad = codes
        bad[index] = code
        bad[59_999] = 0x7F
        #expect(refusal(bad, ones, 0..<200) == .nonFinite(index: index, kind: .nan))
        #expect(refusal(bad, ones, index / 300..<200) == .nonFinite(index: index, kind: .nan))
      }
    }
    let kinds: [(Float, NonFiniteKind)] = [
      (.nan, .nan), (.infinity, .positiveInfinity), (-.infinity, .negativeInfinity),
      (0x1.fffffep127, .positiveInfinity),
    ]
    for (value, kind) in kinds {
      var scales = ones
      scales[4] = value
      #expect(refusal(codes, scales, 100..<200) == .nonFinite(index: 38_528, kind: kind))
      #expect(refusal(codes, scales, 0..<128) == nil)
    }
  }

  @Test func `scales that do not fit are refused`() throws {
    let refused: [([Int], [Int])] = [
      ([200, 300], [2, 2]), ([200, 300], [1, 3]), ([200, 300], [6]), ([200, 300], []), ([128, 128, 1], [1, 1, 1]),
      ([0, 128], [0, 1]), ([-1, 128], [0, 1]), ([Int.max, 128], [1, 1]), ([Int.max, 1], [Int.max / 128 + 1, 1]),
    ]
    for (shape, grid) in refused {
      #expect {
        try Float8Blocks(shape: shape, scaleShape: grid, scaleType: .f32)
      } throws: { error in
        guard let diagnostic = (error as? QuantizationError)?.diagnostic else { return false }
        return diagnostic.code == "E_QUANT_SCALES" && diagnostic.exitStatus == .badInput
      }
    }
    let blocks = try Float8Blocks(shape: [2, 3], scaleShape: [1, 1], scaleType: .bf16)
    let codes = [UInt8](repeating: 0, count: 9)
    #expect(throws: QuantizationError.size(buffer: "rows", expected: 2, found: 3)) {
      try Self.decode(blocks, 1..<3, codes, [0, 0])
    }
    #expect(throws: QuantizationError.size(buffer: "scales", expected: 2, found: 4)) {
      try Self.decode(blocks, 0..<2, codes, [0, 0, 0, 0])
    }
  }
}
