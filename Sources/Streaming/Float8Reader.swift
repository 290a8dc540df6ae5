import Checkpoint
import Planning
import Quantization

/// Decodes what was read of an FP8 matrix to bf16. What is read at a time may begin and end within a row.
struct Float8Reader: Sendable {
  private let folders: SourceFolders

  init(_ folders: SourceFolders) { self.folders = folders }

  /// Returns `codes` as they are for any other tensor; else their values, in the scratch.
  /// - Parameter first: index of the first element in the planned tensor.
  /// - Throws: `QuantizationError.nonFinite` with an index into `codes`.
  func decode(
    _ tensor: PlannedTensor, from first: Int, _ codes: UnsafeMutableRawBufferPointer, _ scratch: WorkerScratch
  ) throws -> UnsafeMutableRawBufferPointer {
    guard !tensor.tensor.blockScales.isEmpty else { return codes }
    let values = UnsafeMutableRawBufferPointer(rebasing: scratch.spare[0..<2 * codes.count])
    var begin = 0
    for (number, segment) in tensor.tensor.segments.enumerated() {
      let common = (begin..<begin + segment.length).clamped(to: first..<first + codes.count)
      if !common.isEmpty {
        let range = common.lowerBound - first..<common.upperBound - first
        do {
          try decode(
            tensor, segment: number, elements: common.lowerBound - begin..<common.upperBound - begin,
            UnsafeRawBufferPointer(rebasing: codes[range]),
            into: UnsafeMutableRawBufferPointer(rebasing: values[2 * range.lowerBound..<2 * range.upperBound]), scratch)
        } catch {
          guard case .nonFinite(let index, let kind)? = error as? QuantizationError else { throw error }
          throw QuantizationError.nonFinite(index: begin + index - first, kind: kind)
        }
      }
      begin += segment.length
    }
    return values
  }

  private func decode(
    _ tensor: PlannedTensor, segment: Int, elements: Range<Int>, _ codes: UnsafeRawBufferPointer,
    into values: UnsafeMutableRawBufferPointer, _ scratch: WorkerScratch
  ) throws {
    let place = tensor.tensor.blockScales[segment]
    guard let type = place.dtype == .f8e8m0 ? .f32 : FloatType(place.dtype) else { return }
    let blocks = try Float8Blocks(
      shape: place.matrix, scaleShape: place.shape, scaleType: type, blockRows: place.blockRows,
      blockColumns: place.blockColumns)
    let scales = try scales(tensor, segment: segment, scratch)
    let columns = blocks.columns
    var at = elements.lowerBound
    while at < elements.upperBound {
      let row = at / columns
      let from = at - elements.lowerBound
      if at % columns == 0, elements.upperBound - at >= columns {
        let rows = row..<elements.upperBound / columns
        let count = rows.count * columns
        try scales.withUnsafeBytes {
          try blocks.decode(
            rows: rows, codes: UnsafeRawBufferPointer(rebasing: codes[from..<from + count]), scales: $0,
            into: UnsafeMutableRawBufferPointer(rebasing: values[2 * from..<2 * (from + count)]))
        }
        at += count
      } else {
        // Part of a row: decoded in a separate row.
        let count = min((row + 1) * columns, elements.upperBound) - at
        var codesOfRow = [UInt8](repeating: 0, count: columns)
        var valuesOfRow = [UInt8](repeating: 0, count: 2 * columns)
        for index in 0..<count { codesOfRow[at % columns + index] = codes[from + index] }
        try codesOfRow.withUnsafeBytes { source in
          try valuesOfRow.withUnsafeMutableBytes { target in
            try scales.withUnsafeBytes {
              try blocks.decode(rows: row..<row + 1, codes: source, scales: $0, into: target)
            }
          }
        }
        let begin = 2 * (at % columns)
        valuesOfRow.withUnsafeBytes { source in
          UnsafeMutableRawBufferPointer(rebasing: values[2 * from..<2 * (from + count)])
            .copyMemory(from: UnsafeRawBufferPointer(rebasing: source[begin..<begin + 2 * count]))
        }
        at += count
      }
    }
  }

  /// The scales of a matrix, read when another one's were needed last.
  private func scales(_ tensor: PlannedTensor, segment: Int, _ scratch: WorkerScratch) throws -> [UInt8] {
    if let known = scratch.float8Scales, known.tensor == tensor.name, known.segment == segment { return known.bytes }
    let range = tensor.tensor.blockScales[segment].range
    let file = folders[tensor.origin].shards[range.shard].file
    var bytes = [UInt8](repeating: 0, count: range.length)
    try bytes.withUnsafeMutableBytes { try file.read(into: $0, atDataOffset: range.offset - file.header.dataStart) }
    if tensor.tensor.blockScales[segment].dtype == .f8e8m0 { bytes = Float8Reader.powersOfTwo(bytes) }
    scratch.float8Scales = (tensor.name, segment, bytes)
    return bytes
  }

  /// Scales that are exponents alone (`scale_fmt` `ue8m0`), as F32: 2^(e - 127), and no number for 255.
  static func powersOfTwo(_ exponents: [UInt8]) -> [UInt8] {
    exponents.flatMap { exponent -> [UInt8] in
      let bits: UInt32 =
        switch exponent {
        // Below the smallest normal number.
        case 0: 0x0040_0000
        case 255: 0x7FC0_0000
        default: UInt32(exponent) << 23
        }
      return (0..<4).map { UInt8(truncatingIfNeeded: bits >> (8 * UInt32($0))) }
    }
  }
}
