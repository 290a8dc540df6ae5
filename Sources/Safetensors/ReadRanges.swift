/// Ranges of bytes of a file, as they are asked for where every question takes the time that an answer needs.
package enum ReadRanges {
  /// Bytes between two ranges that are read with them rather than asked for twice.
  package static let gap = 1 << 20

  /// The ranges in order, neighbours with at most `gap` bytes between them together. What overlaps is joined, too.
  package static func joined(_ ranges: [Range<Int>], gap: Int = ReadRanges.gap) -> [Range<Int>] {
    var joined: [Range<Int>] = []
    for range in ranges.sorted(by: { ($0.lowerBound, $0.upperBound) < ($1.lowerBound, $1.upperBound) })
    where !range.isEmpty {
      if let last = joined.last, range.lowerBound - last.upperBound <= gap {
        joined[joined.count - 1] = last.lowerBound..<max(last.upperBound, range.upperBound)
      } else {
        joined.append(range)
      }
    }
    return joined
  }
}
