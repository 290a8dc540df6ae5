/// How often a draft at one place was accepted, older rounds counting less.
struct AcceptanceChance {
  private(set) var count = 0.0
  private var accepted = 0.0
  /// What was expected before counts as two rounds at first.
  private var prior = 2.0
  private static let memory = 0.9

  mutating func add(_ value: Double) {
    count = count * AcceptanceChance.memory + 1
    accepted = accepted * AcceptanceChance.memory + value
    prior *= AcceptanceChance.memory
  }

  func estimate(expected: Double) -> Double { (accepted + prior * expected) / (count + prior) }

  /// The estimate and its standard error more, at most 1.
  /// - Parameters:
  ///   - expected: What is expected without evidence.
  ///   - weight: What evidence still counts, 0 to 1: the older, the less.
  func hopeful(expected: Double, weight: Double) -> Double {
    let (evidence, other) = (count * weight, prior * weight + 2 * (1 - weight))
    let chance = (accepted * weight + other * expected) / (evidence + other)
    return min(1, chance + (max(chance * (1 - chance), 0.01) / (evidence + other)).squareRoot())
  }
}

/// A time that is measured again and again.
struct MeasuredSeconds {
  private var last: [Double] = []
  private var next = 0
  /// The median of the last times. The first ones hold the making of memory and cold caches: of them the least counts.
  private(set) var usual = 0.0
  private static let window = 9

  var isUnknown: Bool { last.isEmpty }
  var isSure: Bool { last.count > 2 }

  mutating func add(_ value: Double) {
    if last.count < MeasuredSeconds.window {
      last.append(value)
    } else {
      last[next] = value
      next = (next + 1) % MeasuredSeconds.window
    }
    usual = ranked(isSure ? (last.count - 1) / 2 : 0)
  }

  /// The time with so many before it in ascending order. Every round asks, so nothing is sorted in separate memory.
  private func ranked(_ rank: Int) -> Double {
    last.first { value in
      var (below, equal) = (0, 0)
      for other in last { (below, equal) = (below + (other < value ? 1 : 0), equal + (other == value ? 1 : 0)) }
      return below <= rank && rank < below + equal
    } ?? 0
  }
}
