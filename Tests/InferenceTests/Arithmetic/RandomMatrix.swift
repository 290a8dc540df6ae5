import TestSupport
import Inference
import Quantization

/// Numbers that a seed decides, as weights have them.
struct Random {
  private var words: SplitMix

  init(_ seed: UInt64) { words = SplitMix(seed: seed) }

  mutating func next() -> UInt64 { words.next() }

  /// Roughly normal, mean 0, deviation 1.
  mutating func normal() -> Float {
    let word = next()
    let parts = (0..<4).map { Float((word >> ($0 * 16)) & 0xFFFF) / 65536 - 0.5 }
    return parts.reduce(0, +) * 1.732
  }

  mutating func normals(_ count: Int) -> [Float] { (0..<count).map { _ in normal() } }
}

/// A matrix of random codes with scales as trained weights have them, in memory of its own. The buffers begin at odd
/// addresses and end where they end, so that a kernel that reads aligned or too far is found by a sanitizer.
final class RandomMatrix: Sendable {
  let matrix: WeightMatrix

  enum Scales {
    case usual
    /// Every byte and the extremes of a float.
    case any
  }

  private final class Memory: @unchecked Sendable {
    let pointer: UnsafeMutableRawPointer
    let count: Int

    init(_ bytes: [UInt8]) {
      count = bytes.count
      pointer = .allocate(byteCount: bytes.count + 1, alignment: 64)
      (pointer + 1).copyMemory(from: bytes, byteCount: bytes.count)
    }

    var buffer: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: pointer + 1, count: count) }

    deinit { pointer.deallocate() }
  }

  private final class Owner: Sendable {
    let parts: [Memory]
    init(_ parts: [Memory]) { self.parts = parts }
  }

  init(
    _ format: WeightMatrix.Format, rows: Int, columns: Int, parameterType: FloatType = .bf16, scales: Scales = .usual,
    seed: UInt64 = 1
  ) throws {
    var random = Random(seed)
    let elements = rows * columns
    let codes: Memory
    switch format {
    case .f32: codes = Memory(Self.floats(random.normals(elements), .f32))
    case .f16: codes = Memory(Self.floats(random.normals(elements), .f16))
    case .bf16: codes = Memory(Self.floats(random.normals(elements), .bf16))
    default:
      codes = Memory((0..<elements * format.bits / 8).map { _ in UInt8(truncatingIfNeeded: random.next()) })
    }
    let groups = format.hasScales ? elements / format.group : 0
    var stored: Memory?
    var biases: Memory?
    if format.hasBiases {
      let factor: Float = scales == .any ? 1e37 : 0.02
      stored = Memory(Self.floats(random.normals(groups).map { $0 * factor }, parameterType))
      biases = Memory(Self.floats(random.normals(groups).map { $0 * 0.1 }, parameterType))
    } else if format.hasScales {
      stored = Memory(
        (0..<groups).map { _ in
          if scales == .any { return UInt8(truncatingIfNeeded: random.next()) }
          return format == .nvfp4 ? UInt8(random.next() % 0x60) : UInt8(115 + random.next() % 10)
        })
    }
    matrix = try WeightMatrix(
      format: format, rows: rows, columns: columns, codes: codes.buffer, scales: stored?.buffer, biases: biases?.buffer,
      parameterType: parameterType, owner: Owner([codes, stored, biases].compactMap { $0 }))
  }

  static func floats(_ values: [Float], _ type: FloatType) -> [UInt8] {
    values.flatMap { value -> [UInt8] in
      switch type {
      case .f32: return (0..<4).map { UInt8(truncatingIfNeeded: value.bitPattern >> ($0 * 8)) }
      case .f16: return (0..<2).map { UInt8(truncatingIfNeeded: FloatConversion.toF16(value) >> ($0 * 8)) }
      case .bf16: return (0..<2).map { UInt8(truncatingIfNeeded: FloatConversion.toBF16(value) >> ($0 * 8)) }
      }
    }
  }
}

extension WeightMatrix.Format {
  /// Every format there is.
  static let all: [WeightMatrix.Format] =
    [.f32, .f16, .bf16, .mxfp4, .mxfp8, .nvfp4]
    + [2, 3, 4, 5, 6, 8].flatMap { bits in [32, 64, 128].map { .affine(bits: bits, group: $0) } }
}

/// The bits of floats; every NaN counts as the same.
func bits(_ values: [Float]) -> [UInt32] { values.map { $0.isNaN ? 0x7FC0_0000 : $0.bitPattern } }

/// The first index at which the bits differ.
func firstDifference(_ a: [Float], _ b: [Float]) -> Int? {
  let (a, b) = (bits(a), bits(b))
  return a.count == b.count ? a.indices.first { a[$0] != b[$0] } : 0
}
