import Checkpoint
import Planning
import Quantization

/// Turns what was read of a matrix that another tool quantized into floats, with the roundings of that tool's library:
/// the product in F32, rounded once to the type of the values. What is read at a time may begin and end within a row.
struct GroupedCodeReader: Sendable {
  private let folders: SourceFolders

  init(_ folders: SourceFolders) { self.folders = folders }

  /// Returns `codes` as they are for any other tensor; else their values, in the scratch.
  /// - Parameter first: index of the first element in the planned tensor.
  /// - Throws: `QuantizationError.nonFinite` with an index into the elements of `codes`.
  func decode(
    _ tensor: PlannedTensor, from first: Int, _ codes: UnsafeMutableRawBufferPointer, _ scratch: WorkerScratch
  ) throws -> UnsafeMutableRawBufferPointer {
    guard let kind = tensor.tensor.groupedCodes.first?.code else { return codes }
    let count = codes.count * 8 / kind.bits
    let values = UnsafeMutableRawBufferPointer(rebasing: scratch.spare[0..<2 * count])
    var begin = 0
    for (number, segment) in tensor.tensor.segments.enumerated() {
      let end = begin + segment.length * 8 / kind.bits
      let common = (begin..<end).clamped(to: first..<first + count)
      if !common.isEmpty {
        let table = try GroupedCodeTable(
          tensor.tensor.groupedCodes[number], parameters(tensor, segment: number, scratch))
        for element in common {
          let value = table.value(element - begin, codes: UnsafeRawBufferPointer(codes), at: element - first)
          guard value.isFinite else {
            let kind: NonFiniteKind = value.isNaN ? .nan : value < 0 ? .negativeInfinity : .positiveInfinity
            throw QuantizationError.nonFinite(index: element - first, kind: kind)
          }
          let bits = table.isHalf ? FloatConversion.toF16(value) : FloatConversion.toBF16(value)
          values.storeBytes(of: bits, toByteOffset: 2 * (element - first), as: UInt16.self)
        }
      }
      begin = end
    }
    return values
  }

  /// Scales, zero points and the global scale, read when another matrix's were needed last.
  private func parameters(
    _ tensor: PlannedTensor, segment: Int, _ scratch: WorkerScratch
  ) throws -> GroupedCodeTable.Parameters {
    if let known = scratch.groupedParameters, known.tensor == tensor.name, known.segment == segment {
      return known.parameters
    }
    let codes = tensor.tensor.groupedCodes[segment]
    let folder = folders[tensor.origin]
    let read = { (range: ByteRange) throws -> [UInt8] in
      let file = folder.shards[range.shard].file
      var bytes = [UInt8](repeating: 0, count: range.length)
      try bytes.withUnsafeMutableBytes { try file.read(into: $0, atDataOffset: range.offset - file.header.dataStart) }
      return bytes
    }
    let parameters = GroupedCodeTable.Parameters(
      scales: try read(codes.scales), zeroPoints: try codes.zeroPoints.map(read), global: try codes.global.map(read))
    scratch.groupedParameters = (tensor.name, segment, parameters)
    return parameters
  }
}

/// One matrix of codes with its scales.
struct GroupedCodeTable {
  struct Parameters {
    let scales: [UInt8]
    let zeroPoints: [UInt8]?
    let global: [UInt8]?
  }

  private let codes: GroupedCodes
  private let parameters: Parameters
  private let global: Float?
  private let columns: Int
  private let group: Int

  init(_ codes: GroupedCodes, _ parameters: Parameters) {
    self.codes = codes
    self.parameters = parameters
    columns = codes.matrix[1]
    group = codes.group
    global = parameters.global.map { GroupedCodeTable.float($0, 0) }
  }

  /// Whether the values are F16; else BF16.
  var isHalf: Bool { codes.scale == .f16 }

  /// The value of an element of the matrix.
  /// - Parameters:
  ///   - index: of the element in the matrix, row by row.
  ///   - place: of the element in `bytes`.
  func value(_ index: Int, codes bytes: UnsafeRawBufferPointer, at place: Int) -> Float {
    let (row, column) = (index / columns, index % columns)
    let block = (codes.grid[0] == 1 ? 0 : row) * codes.grid[1] + column / group
    switch codes.code {
    case .e2m1: return E2M1.values[Int(half(bytes, place))] * scale(block)
    case .e4m3:
      let code = bytes[place]
      return (code & 0x7F == 0x7F ? .nan : E4M3.decode(code)) * scale(block)
    case .int8: return Float(Int8(bitPattern: bytes[place])) * scale(block)
    case .offset(let bits):
      let code = Int(bits == 4 ? half(bytes, place) : bytes[place])
      return Float(code - zero(row, column / group, bits)) * scale(block)
    }
  }

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
    case .bf16: return FloatConversion.fromBF16(GroupedCodeTable.word(bytes, block))
    case .f16: return FloatConversion.fromF16(GroupedCodeTable.word(bytes, block))
    case .f32: return GroupedCodeTable.float(bytes, block)
    case .e8m0: return Float(sign: .plus, exponent: Int(bytes[block]) - 127, significand: 1)
    case .e4m3:
      let scale = bytes[block] & 0x7F == 0x7F ? Float.nan : E4M3.decode(bytes[block])
      guard let global else { return scale }
      return codes.dividesByGlobal ? scale / global : scale * global
    }
  }

  private static func word(_ bytes: [UInt8], _ index: Int) -> UInt16 {
    UInt16(bytes[2 * index]) | UInt16(bytes[2 * index + 1]) << 8
  }

  private static func float(_ bytes: [UInt8], _ index: Int) -> Float {
    Float(bitPattern: UInt32(word(bytes, 2 * index)) | UInt32(word(bytes, 2 * index + 1)) << 16)
  }
}
