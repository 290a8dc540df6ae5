import TestSupport
import Quantization

/// The inputs of Fixtures/make_random_vectors.py, from the same integers.
struct RandomCases {
  enum Kind: String, CaseIterable { case even, bits, near, ties, sparse, ends }

  /// As in the script's result: `mxfp4_b4_g32_bf16_metal_round`.
  let key: String
  let format: QuantizationFormat
  let type: FloatType
  /// Rows and groups of a row.
  let shapes: [(rows: Int, groups: Int)]

  enum Failure: Error { case key(String) }

  init(_ key: String) throws {
    self.key = key
    let parts = key.split(separator: "_").map(String.init)
    guard parts.count == 6, let type = FloatType(rawValue: parts[3]),
      let reference = QuantizerReference(rawValue: parts[4]), let rule = ScaleRule(rawValue: parts[5])
    else { throw Failure.key(key) }
    self.type = type
    format = try Fixtures.format(parts[..<3].joined(separator: "_"), reference, rule)
    let block = 65_536 / (format.groupSize * type.byteWidth)
    let few = [1, 2, 3].flatMap { rows in [1, 2, 3, 7, 8, 9, 15, 16, 17].map { (rows: rows, groups: $0) } }
    shapes = few + [(5, 31), (5, 33), (1, 63), (1, 65), (1, block - 1), (1, block + 1), (3, block / 2 + 1)]
  }

  func columns(_ number: Int) -> Int { shapes[number].groups * format.groupSize }

  /// The matrix of one kind, in bytes.
  func input(_ number: Int, _ kind: Kind) -> [UInt8] {
    let seed = UInt64(CRC32.of(Array("\(key).\(number).\(kind.rawValue)".utf8)))
    return Patterns.bytes(words(kind, seed, shapes[number].rows * columns(number)), type)
  }

  private func words(_ kind: Kind, _ seed: UInt64, _ count: Int) -> [UInt32] {
    let (digits, top): (UInt64, UInt64) =
      switch type {
      case .bf16: (7, 0x7F7F)
      case .f16: (10, 0x7BFF)
      case .f32: (23, 0x7F7F_FFFF)
      }
    var random = SplitMix(seed: seed)
    var peaks = SplitMix(seed: seed ^ 0x5555)
    var peak: UInt64 = 0
    return (0..<count).map { index in
      let word = random.next()
      let z = word & 0x7FFF_FFFF_FFFF_FFFF
      let sign = UInt32(word >> 63) << UInt32(type.byteWidth * 8 - 1)
      switch kind {
      case .even:
        let parts = (0..<4).map { Int(z >> UInt64(15 * $0)) & 0x7FFF }
        return Patterns.word(Float(parts.reduce(-65_534, +)) * 0x1p-21, type)
      case .bits: return UInt32(z % (top + 1)) | sign
      case .near:
        if index % 8 == 0 { peak = peaks.next() % (top + 1) }
        return UInt32(peak - z % (min(peak, 12 << digits) + 1)) | sign
      case .ties: return Patterns.word(Float(Int(z % 257) - 128) / 8, type)
      case .sparse: return (z % 29 == 0 ? UInt32(z / 29 % (top + 1)) : 0) | sign
      case .ends: return UInt32(z % 2 == 0 ? z / 2 % 40 : top - z / 2 % 40) | sign
      }
    }
  }
}
