extension ErrorAccumulator {
  /// 64-bit words of ``words``.
  public static let wordCount = 12

  /// Everything by its bits, so that it survives a journal.
  public var words: [UInt64] {
    let counts = [elements, groups, clippedElements, clippedGroups, zeroedGroups, largestDifferenceIndex ?? -1]
    return [dot, originalSquares, decodedSquares, differenceSquares].map(\.bitPattern)
      + [largestDifference, largestOriginal].map { UInt64($0.bitPattern) }
      + counts.map { UInt64(bitPattern: Int64($0)) }
  }

  /// Nil unless there are ``wordCount`` words, as ``words`` returned them.
  public init?(words: [UInt64]) {
    guard words.count == ErrorAccumulator.wordCount, let difference = UInt32(exactly: words[4]),
      let original = UInt32(exactly: words[5])
    else { return nil }
    self.init()
    dot = Double(bitPattern: words[0])
    originalSquares = Double(bitPattern: words[1])
    decodedSquares = Double(bitPattern: words[2])
    differenceSquares = Double(bitPattern: words[3])
    largestDifference = Float(bitPattern: difference)
    largestOriginal = Float(bitPattern: original)
    let counts = words[6...].map { Int(truncatingIfNeeded: $0) }
    (elements, groups, clippedElements) = (counts[0], counts[1], counts[2])
    (clippedGroups, zeroedGroups) = (counts[3], counts[4])
    largestDifferenceIndex = counts[5] < 0 ? nil : counts[5]
  }
}
