import Checkpoint
import Quantization

/// The transposed codes of a matrix, as GPTQ and AWQ store them: rows of it are made a few at a time, from words
/// that hold a little of each.
struct TransposedCodes {
  private let table: GroupedCodeTable
  private let codes: GroupedCodes
  private let parameters: GroupedCodeParameters

  private var rows: Int { codes.matrix[0] }
  private var columns: Int { codes.matrix[1] }
  private var groups: Int { codes.grid[1] }

  init(_ codes: GroupedCodes, _ parameters: GroupedCodeParameters) {
    self.codes = codes
    self.parameters = parameters
    table = GroupedCodeTable(codes, parameters)
  }

  /// Rows that are made at a time, so that their values fit the processor's caches; nil where codes are stored row by row. A
  /// multiple of the rows that share a word.
  static func rowsAtATime(_ tensor: ResolvedTensor) -> Int? {
    guard let codes = tensor.groupedCodes.first, codes.isTransposed else { return nil }
    let fitting = (1 << 18) / max(1, codes.matrix[1])
    return min(max(32, fitting / 32 * 32), codes.matrix[0])
  }

  /// AWQ: where in a word the code of each of the eight rows is.
  private static let places = [0, 4, 1, 5, 2, 6, 3, 7]

  /// Makes the values of some rows.
  /// - Parameters:
  ///   - words: all codes of the matrix.
  ///   - values: room for them, two bytes each.
  /// - Throws: `QuantizationError.nonFinite` with an index into `values`.
  func decode(
    rows: Range<Int>, _ words: UnsafeRawBufferPointer, into values: UnsafeMutableRawBufferPointer
  ) throws(QuantizationError) {
    let scales = rows.flatMap { row in (0..<groups).map { table.transposedScale(row: row, group: $0) } }
    let zeros = rows.flatMap { row in (0..<groups).map { Int32(zero(row: row, group: $0)) } }
    if let at = scales.firstIndex(where: { !$0.isFinite }) {
      let first = (0..<columns).first { group(of: $0) == at % groups } ?? 0
      throw .nonFinite(index: at / groups * columns + first, kind: GroupedCodeTable.kind(scales[at]))
    }
    let groupOf = (0..<columns).map(group)
    scales.withUnsafeBufferPointer { scales in
      zeros.withUnsafeBufferPointer { zeros in
        groupOf.withUnsafeBufferPointer { groupOf in
          let store = { (code: UInt32, row: Int, column: Int) in
            let at = row * groups + groupOf[column]
            let value = Float(Int32(truncatingIfNeeded: code) - zeros[at]) * scales[at]
            values.storeBytes(of: table.rounded(value), toByteOffset: 2 * (row * columns + column), as: UInt16.self)
          }
          codes.layout == .awq ? unpackAWQ(rows, words, store) : unpackGPTQ(rows, words, store)
        }
      }
    }
  }

  @inline(__always)
  private func unpackGPTQ(
    _ range: Range<Int>, _ words: UnsafeRawBufferPointer, _ store: (UInt32, Int, Int) -> Void
  ) {
    let bits = codes.code.bits
    let (perWord, mask) = (32 / bits, UInt32(1) << UInt32(bits) - 1)
    for first in 0..<columns / perWord {
      for row in range {
        var word = words.loadUnaligned(fromByteOffset: 4 * (first * rows + row), as: UInt32.self)
        for column in first * perWord..<(first + 1) * perWord {
          store(word & mask, row - range.lowerBound, column)
          word >>= UInt32(bits)
        }
      }
    }
  }

  @inline(__always)
  private func unpackAWQ(
    _ range: Range<Int>, _ words: UnsafeRawBufferPointer, _ store: (UInt32, Int, Int) -> Void
  ) {
    for column in 0..<columns {
      for eight in range.lowerBound / 8..<range.upperBound / 8 {
        let word = words.loadUnaligned(fromByteOffset: 4 * (column * rows / 8 + eight), as: UInt32.self)
        for (row, place) in TransposedCodes.places.enumerated() {
          store(word >> UInt32(4 * place) & 15, eight * 8 + row - range.lowerBound, column)
        }
      }
    }
  }

  private func group(of column: Int) -> Int { parameters.groups?[column] ?? column / codes.group }

  /// What is subtracted from the codes of a row in a group.
  private func zero(row: Int, group: Int) -> UInt32 {
    guard let zeros = parameters.zeroPoints else { return 0 }
    let bits = codes.code.bits
    let perWord = 32 / bits
    let word = GroupedCodeParameters.word(zeros, group * (rows / perWord) + row / perWord)
    switch codes.layout {
    case .awq: return word >> UInt32(4 * TransposedCodes.places[row % 8]) & 15
    case .gptq(let step): return (word &+ step) >> UInt32(row % perWord * bits) & (UInt32(1) << UInt32(bits) - 1)
    case .rows: return 0
    }
  }
}
