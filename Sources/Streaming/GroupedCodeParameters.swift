import Checkpoint

/// What turns the codes of one matrix into numbers, as it is in the file.
struct GroupedCodeParameters {
  let scales: [UInt8]
  let zeroPoints: [UInt8]?
  let global: [UInt8]?
  /// The group of each column; nil where groups are consecutive columns.
  let groups: [Int]?

  /// - Parameter read: returns the bytes of a range.
  /// - Throws: what `read` throws; ``UnknownGroup``.
  init(_ codes: GroupedCodes, read: (ByteRange) throws -> [UInt8]) throws {
    scales = try read(codes.scales)
    zeroPoints = try codes.zeroPoints.map(read)
    global = try codes.global.map(read)
    groups = try codes.groupIndices.map(read).flatMap { try GroupedCodeParameters.groups($0, codes) }
  }

  /// A column of a group that has no scale.
  struct UnknownGroup: Error {
    let index: Int
    let groups: Int
  }

  /// The same number for all columns says nothing: it is what tools write that keep the columns' order.
  private static func groups(_ bytes: [UInt8], _ codes: GroupedCodes) throws -> [Int]? {
    let indices = (0..<codes.matrix[1]).map { Int(Int32(bitPattern: word(bytes, $0))) }
    if indices.allSatisfy({ $0 == 0 }) || indices.allSatisfy({ $0 == -1 }) {
      guard codes.matrix[1] % codes.grid[1] == 0 else { throw UnknownGroup(index: indices[0], groups: codes.grid[1]) }
      return nil
    }
    if let index = indices.first(where: { !(0..<codes.grid[1]).contains($0) }) {
      throw UnknownGroup(index: index, groups: codes.grid[1])
    }
    return indices
  }

  static func half(_ bytes: [UInt8], _ index: Int) -> UInt16 {
    UInt16(bytes[2 * index]) | UInt16(bytes[2 * index + 1]) << 8
  }

  static func word(_ bytes: [UInt8], _ index: Int) -> UInt32 {
    UInt32(half(bytes, 2 * index)) | UInt32(half(bytes, 2 * index + 1)) << 16
  }
}
