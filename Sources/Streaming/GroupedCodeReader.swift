import Checkpoint
import Planning
import Quantization

/// Turns what was read of a matrix that another tool quantized into floats, with the roundings of that tool's library:
/// the product in F32, rounded once to the type of the values. What is read at a time may begin and end within a row.
struct GroupedCodeReader: Sendable {
  private let folders: SourceFolders

  init(_ folders: SourceFolders) { self.folders = folders }

  /// Elements of a transposed matrix that are treated at a time; nil for any other.
  static func elementsAtATime(_ tensor: ResolvedTensor) -> Int? {
    TransposedCodes.rowsAtATime(tensor).map { $0 * tensor.rowElements }
  }

  /// Returns `codes` as they are for any other tensor; else the values of some of them, in the scratch.
  /// - Parameters:
  ///   - begin: index, in the planned tensor, of the first element of `codes`.
  ///   - block: the elements that are wanted, counted from there: all of them unless the matrix is transposed.
  /// - Throws: `QuantizationError.nonFinite` with an index into the values.
  func decode(
    _ tensor: PlannedTensor, from begin: Int, _ block: Range<Int>, _ codes: UnsafeMutableRawBufferPointer,
    _ scratch: WorkerScratch
  ) throws -> UnsafeMutableRawBufferPointer {
    guard let kind = tensor.tensor.groupedCodes.first else { return codes }
    let values = UnsafeMutableRawBufferPointer(rebasing: scratch.spare[0..<2 * block.count])
    let read = UnsafeRawBufferPointer(codes)
    if kind.isTransposed {
      try decodeTransposed(tensor, from: begin, block, read, into: values, scratch)
    } else {
      try decodeRows(tensor, from: begin, block.count, read, into: values, scratch)
    }
    return values
  }

  private func decodeRows(
    _ tensor: PlannedTensor, from first: Int, _ count: Int, _ codes: UnsafeRawBufferPointer,
    into values: UnsafeMutableRawBufferPointer, _ scratch: WorkerScratch
  ) throws {
    let bits = tensor.tensor.elementBits
    var begin = 0
    for (number, segment) in tensor.tensor.segments.enumerated() {
      let end = begin + segment.length * 8 / bits
      let common = (begin..<end).clamped(to: first..<first + count)
      if !common.isEmpty {
        let table = try GroupedCodeTable(
          tensor.tensor.groupedCodes[number], parameters(tensor, segment: number, scratch))
        for element in common {
          let value = table.value(element - begin, codes: codes, at: element - first)
          guard value.isFinite else {
            throw QuantizationError.nonFinite(index: element - first, kind: GroupedCodeTable.kind(value))
          }
          values.storeBytes(of: table.rounded(value), toByteOffset: 2 * (element - first), as: UInt16.self)
        }
      }
      begin = end
    }
  }

  /// What was read is one matrix, whole.
  private func decodeTransposed(
    _ tensor: PlannedTensor, from begin: Int, _ block: Range<Int>, _ codes: UnsafeRawBufferPointer,
    into values: UnsafeMutableRawBufferPointer, _ scratch: WorkerScratch
  ) throws {
    let size = codes.count * 8 / tensor.tensor.elementBits
    let number = begin / max(1, size)
    let columns = max(1, tensor.tensor.rowElements)
    try TransposedCodes(tensor.tensor.groupedCodes[number], parameters(tensor, segment: number, scratch))
      .decode(rows: block.lowerBound / columns..<block.upperBound / columns, codes, into: values)
  }

  /// Scales, zero points and the global scale, read when another matrix's were needed last.
  private func parameters(
    _ tensor: PlannedTensor, segment: Int, _ scratch: WorkerScratch
  ) throws -> GroupedCodeParameters {
    if let known = scratch.groupedParameters, known.tensor == tensor.name, known.segment == segment {
      return known.parameters
    }
    let folder = folders[tensor.origin]
    do {
      let parameters = try GroupedCodeParameters(tensor.tensor.groupedCodes[segment]) { range in
        let file = folder.shards[range.shard].file
        var bytes = [UInt8](repeating: 0, count: range.length)
        try bytes.withUnsafeMutableBytes { try file.read(into: $0, atDataOffset: range.offset - file.header.dataStart) }
        return bytes
      }
      scratch.groupedParameters = (tensor.name, segment, parameters)
      return parameters
    } catch let unknown as GroupedCodeParameters.UnknownGroup {
      throw CheckpointError.quantizedFormat(
        path: folder.path, tensor: tensor.tensor.sources[segment],
        format: "a column of group \(unknown.index), and \(unknown.groups) groups", isHead: tensor.origin == .head,
        isDeclared: true)
    }
  }
}
