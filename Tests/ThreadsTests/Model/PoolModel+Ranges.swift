extension PoolModel {
  /// How a worker comes by a piece: `WorkerRanges.take` and `takeOver`.
  struct Taking: Hashable {
    enum Step: UInt8 { case own, look, split, keep }
    var at = Step.own
    /// The other that is looked at next, and what was seen of the longest.
    var other: UInt8 = 0
    var victim: UInt8 = 0
    var seen: UInt8 = 0
    /// What is still to be put into the worker's own range.
    var kept: UInt8 = 0
    var result: Int8 = 0
  }

  enum Taken {
    case goesOn
    case piece(Int8)
    case nothing
  }

  static func packed(_ next: UInt8, _ end: UInt8) -> UInt8 { next << 4 | end }
  private static func count(_ range: UInt8) -> UInt8 { (range & 15) - (range >> 4) }

  mutating func deal() {
    let count = UInt8(pieces)
    for worker in 0..<UInt8(3) {
      ranges[Int(worker)] = Self.packed(count * worker / 3, count * (worker + 1) / 3)
    }
  }

  /// One step of a worker that wants a piece.
  mutating func take(_ worker: Int, _ taking: inout Taking) -> Taken {
    switch taking.at {
    case .own:
      let (next, end) = (ranges[worker] >> 4, ranges[worker] & 15)
      if next < end {
        ranges[worker] = Self.packed(next + 1, end)
        return .piece(Int8(next))
      }
      taking = Taking(at: .look)
    case .look:
      if Int(taking.other) != worker {
        let range = ranges[Int(taking.other)]
        if Self.count(range) > Self.count(taking.seen) { (taking.victim, taking.seen) = (taking.other, range) }
      }
      taking.other += 1
      if taking.other < 3 { return .goesOn }
      if Self.count(taking.seen) == 0 {
        taking = Taking()
        return .nothing
      }
      taking.at = .split
    case .split:
      guard ranges[Int(taking.victim)] == taking.seen else {
        taking = Taking(at: .look)
        return .goesOn
      }
      let (next, end) = (taking.seen >> 4, taking.seen & 15)
      let middle = next + (end - next) / 2
      ranges[Int(taking.victim)] = Self.packed(next, middle)
      taking = Taking(at: .keep, kept: Self.packed(middle + 1, end), result: Int8(middle))
    case .keep:
      ranges[worker] = taking.kept
      let piece = taking.result
      taking = Taking()
      return .piece(piece)
    }
    return .goesOn
  }
}
