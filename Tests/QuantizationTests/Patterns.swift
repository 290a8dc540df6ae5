import TestSupport
import Quantization

/// Finite inputs, as bit patterns, that reach every path of the encoders. Counts are multiples of 128.
enum Patterns {
  static func bytes(_ words: [UInt32], _ type: FloatType) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(words.count * type.byteWidth)
    for word in words {
      for byte in 0..<type.byteWidth { bytes.append(UInt8(truncatingIfNeeded: word >> UInt32(8 * byte))) }
    }
    return bytes
  }

  static func all(_ type: FloatType) -> [(String, [UInt32])] {
    var random = SplitMix(seed: 11)
    let (digits, top): (UInt32, UInt32) =
      switch type {
      case .bf16: (7, 0x7F7F)
      case .f16: (10, 0x7BFF)
      case .f32: (23, 0x7F7F_FFFF)
      }
    let sign = UInt32(1) << UInt32(type.byteWidth * 8 - 1)
    func signed(_ magnitude: UInt32) -> UInt32 { random.next() & 1 == 0 ? magnitude : magnitude | sign }
    let anything = (0..<4096).map { _ in signed(UInt32(random.next() % UInt64(top + 1))) }
    // Groups of neighbouring magnitudes, at every size from sub-normal to the largest.
    var local: [UInt32] = []
    for _ in 0..<512 {
      let peak = random.next() % UInt64(top + 1)
      let span = min(peak, UInt64(12) << UInt64(digits))
      for _ in 0..<32 { local.append(signed(UInt32(peak - random.next() % (span + 1)))) }
    }
    // Few fraction bits: ties of every element format and of the scale rules.
    var ties: [UInt32] = []
    for _ in 0..<512 {
      let exponent = UInt32(random.next() % UInt64((top >> digits) + 1))
      for _ in 0..<32 {
        let lower = exponent - min(exponent, UInt32(random.next() % 14))
        let fraction = UInt32(random.next() % 32) << (digits - 5)
        ties.append(signed(lower << digits | fraction))
      }
    }
    // Signed integers: ties of the affine codes.
    let integers = (0..<4096).map { _ in
      word(Float(Int(random.next() % 33) - 16) / 2 + (random.next() % 8 == 0 ? 0.25 : 0), type)
    }
    // Next to the middle between two affine codes, of 2 to 8 bits in turn.
    let halves = (0..<48).flatMap { group in
      let top = Float((1 << [2, 3, 4, 5, 6, 8][group % 6]) - 1)
      let step = Float(1 + random.next() % 1_000_000) * 0x1p-24
      let below = Float(random.next() % UInt64(top + 1))
      return (0..<128).map { index in
        if index % 32 == 0 { return word(-below * step, type) }
        if index % 32 == 1 { return word((top - below) * step, type) }
        let middle = (Float(random.next() % UInt64(top)) + 0.5 - below) * step
        return word(Float(bitPattern: middle.bitPattern &+ UInt32(random.next() % 9) &- 4), type)
      }
    }
    let oneSided = integers.enumerated().map { $0.offset / 256 % 2 == 0 ? $0.element | sign : $0.element & ~sign }
    let constant = (0..<4096).map { anything[$0 / 128] }
    let zeros = (0..<512).map { $0 < 128 ? (signed(0)) : sign }
    let tiny = (0..<4096).map { signed(UInt32($0 / 32) >> UInt32($0 % 7)) }
    let huge = (0..<1024).map { _ in signed(top - UInt32(random.next() % 9)) }
    return [
      ("anything", anything), ("local", local), ("ties", ties), ("halves", halves), ("integers", integers),
      ("one-sided", oneSided),
      ("constant", constant), ("zeros", zeros), ("tiny", tiny), ("huge", huge),
    ]
  }

  static func word(_ value: Float, _ type: FloatType) -> UInt32 {
    switch type {
    case .bf16: UInt32(FloatConversion.toBF16(value))
    case .f16: UInt32(FloatConversion.toF16(value))
    case .f32: value.bitPattern
    }
  }
}
