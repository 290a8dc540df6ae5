import Checkpoint
import Quantization

/// One matrix of codes with its scales.
struct GroupedCodeTable {
  private let codes: GroupedCodes
  private let parameters: GroupedCodeParameters
  private let global: Float?
  private let columns: Int
  private let group: Int

  init(_ codes: GroupedCodes, _ parameters: GroupedCodeParameters) {
    self.codes = codes
    self.parameters = parameters
    columns = codes.matrix[1]
    group = codes.group
    global = parameters.global.map { Float(bitPattern: GroupedCodeParameters.word($0, 0)) }
  }

  /// The bits of a value: rounded to F16 where scales are F16, as their library does, and to BF16 where the model is.
  func rounded(_ value: Float) -> UInt16 {
    guard codes.scale == .f16 else { return FloatConversion.toBF16(value) }
    let half = FloatConversion.toF16(value)
    return codes.valueDType == .f16 ? half : FloatConversion.toBF16(FloatConversion.fromF16(half))
  }

  static func kind(_ value: Float) -> NonFiniteKind {
    value.isNaN ? .nan : value < 0 ? .negativeInfinity : .positiveInfinity
  }

  /// The value of an element of the matrix.
  /// - Parameters:
  ///   - index: of the element in the matrix, row by row.
  ///   - place: of the element in `bytes`.
  func value(_ index: Int, codes bytes: UnsafeRawBufferPointer, at place: Int) -> Float {
    let (row, column) = (index / columns, index % columns)
    let own = parameters.groups?[column] ?? column / group
    let block = (codes.grid[0] == 1 ? 0 : row) * codes.grid[1] + own
    switch codes.code {
    case .e2m1: return E2M1.values[Int(half(bytes, place))] * scale(block)
    case .e4m3:
      let code = bytes[place]
      return (code & 0x7F == 0x7F ? .nan : E4M3.decode(code)) * scale(block)
    case .int8: return Float(Int8(bitPattern: bytes[place])) * scale(block)
    case .offset(let bits):
      let code = Int(bits == 4 ? half(bytes, place) : bytes[place])
      return Float(code - zero(row, own, bits)) * scale(block)
    }
  }

  /// The scale of a row in a group, where scales are stored `[groups, rows]`.
  func transposedScale(row: Int, group: Int) -> Float { scale(group * codes.matrix[0] + row) }

  private func half(_ bytes: UnsafeRawBufferPointer, _ place: Int) -> UInt8 {
    place % 2 == 0 ? bytes[place / 2] & 15 : bytes[place / 2] >> 4
  }

  /// What is subtracted from a code: 2^(bits - 1), or the stored zero point, which has the same offset.
  private func zero(_ row: Int, _ group: Int, _ bits: Int) -> Int {
    guard let zeros = parameters.zeroPoints else { return 1 << (bits - 1) }
    let perWord = 32 / bits
    let row = codes.grid[0] == 1 ? 0 : row
    let byte = (row / perWord * codes.grid[1] + group) * 4 + row % perWord * bits / 8
    return bits == 8 ? Int(zeros[byte]) : Int(zeros[byte] >> UInt8(row % 2 * 4)) & 15
  }

  private func scale(_ block: Int) -> Float {
    let bytes = parameters.scales
    switch codes.scale {
    case .bf16: return FloatConversion.fromBF16(GroupedCodeParameters.half(bytes, block))
    case .f16: return FloatConversion.fromF16(GroupedCodeParameters.half(bytes, block))
    case .f32: return Float(bitPattern: GroupedCodeParameters.word(bytes, block))
    case .e8m0: return Float(sign: .plus, exponent: Int(bytes[block]) - 127, significand: 1)
    case .e4m3:
      let scale = bytes[block] & 0x7F == 0x7F ? Float.nan : E4M3.decode(bytes[block])
      guard let global else { return scale }
      return codes.dividesByGlobal ? scale / global : scale * global
    }
  }
}
