/// Which candidate each set of tensors gets: KL saved for a byte, greedily along the lower hulls, then exchanges. A pure
/// function of its numbers; of equals the first by name.
package struct Allocation {
  /// What one candidate makes of a set.
  package struct Choice: Equatable, Sendable {
    /// Number of the candidate.
    package let candidate: Int
    /// What it takes.
    package let bytes: Int
    /// What it costs alone, in nats.
    package let kl: Double

    /// A candidate with its price and what it costs.
    package init(candidate: Int, bytes: Int, kl: Double) {
      self.candidate = candidate
      self.bytes = bytes
      self.kl = kl
    }
  }

  /// A set, with its choices: more bytes and less KL from one to the next.
  package struct Item: Sendable {
    /// Its first tensor.
    package let name: String
    /// What it may become.
    package let choices: [Choice]

    /// - Parameters:
    ///   - name: Its first tensor.
    ///   - all: At least one. Those that another beats in both stay out.
    package init(name: String, _ all: [Choice]) {
      self.name = name
      var kept: [Choice] = []
      for choice in all.sorted(by: { ($0.bytes, $0.kl, $0.candidate) < ($1.bytes, $1.kl, $1.candidate) })
      where kept.last.map({ choice.kl < $0.kl }) ?? true {
        kept.append(choice)
      }
      choices = kept
    }

    /// The choices on the lower convex hull: each step saves less for a byte than the one before.
    var hull: [Int] {
      var hull: [Int] = []
      for next in choices.indices {
        while let last = hull.last, hull.count > 1, slope(hull[hull.count - 2], last) <= slope(last, next) {
          hull.removeLast()
        }
        hull.append(next)
      }
      return hull
    }

    /// KL saved for a byte.
    private func slope(_ a: Int, _ b: Int) -> Double {
      (choices[a].kl - choices[b].kl) / Double(choices[b].bytes - choices[a].bytes)
    }
  }

  /// Most exchanges after the greedy choice; each saves something.
  private static let exchanges = 64

  private let items: [Item]
  /// The index of the choice of each item.
  private(set) var chosen: [Int]

  /// Begins with the fewest bytes of every set.
  package init(_ items: [Item]) {
    self.items = items.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    chosen = items.map { _ in 0 }
  }

  /// The candidates by the names of the items.
  package var candidates: [(name: String, choice: Choice)] {
    zip(items, chosen).map { ($0.name, $0.choices[$1]) }
  }

  /// Bytes of what is chosen.
  package var bytes: Int { zip(items, chosen).reduce(0) { $0 + $1.0.choices[$1.1].bytes } }

  /// The sum in the order of the names.
  package var kl: Double { zip(items, chosen).reduce(0) { $0 + $1.0.choices[$1.1].kl } }

  /// The least bytes, and the most that save anything.
  package var range: (least: Int, most: Int) {
    (
      items.reduce(0) { $0 + ($1.choices.first?.bytes ?? 0) }, items.reduce(0) { $0 + ($1.choices.last?.bytes ?? 0) }
    )
  }

  /// The largest KL, and the least that can be.
  package var klRange: (most: Double, least: Double) {
    (
      items.reduce(0) { $0 + ($1.choices.first?.kl ?? 0) }, items.reduce(0) { $0 + ($1.choices.last?.kl ?? 0) }
    )
  }

  /// What budgets of every size would reach by steps along the hulls alone, from the fewest bytes to the most that save
  /// anything: of all steps at most `count`, at equal distances of bytes.
  package func frontier(_ count: Int) -> [PlannedBudget.Point] {
    var copy = self
    copy.chosen = items.map { _ in 0 }
    var path: [PlannedBudget.Point] = []
    copy.climb({ _, _, _ in true }, reachedNow: { path.append(PlannedBudget.Point(bytes: $0, kl: $1)) })
    guard count > 1, path.count > count, let first = path.first, let last = path.last else { return path }
    // Bytes of files that exist: a product with a small number is a number.
    var (kept, place) = ([first], 0)
    for number in 1..<count {
      let most = first.bytes + (last.bytes - first.bytes) / (count - 1) * number
      while place + 1 < path.count, number + 1 == count || path[place + 1].bytes <= most { place += 1 }
      if path[place] != kept.last { kept.append(path[place]) }
    }
    return kept
  }

  /// The least KL that is found within `limit` bytes, which are at least `range.least`.
  package mutating func spend(_ limit: Int) {
    climb { step, spent, _ in step <= limit - spent }
    for _ in 0..<Self.exchanges {
      guard let better = single(limit - bytes) ?? exchange(limit - bytes) else { return }
      for (item, choice) in better { chosen[item] = choice }
    }
  }

  /// The fewest bytes that are found with a KL of at most `limit`, which is at least `klRange.least`.
  package mutating func reach(_ limit: Double) {
    climb { _, _, reached in !(reached <= limit) }
    for item in items.indices where !(kl <= limit) { chosen[item] = items[item].choices.count - 1 }
    // What was bought beyond the limit goes back, the most bytes first.
    while true {
      var best: (bytes: Int, item: Int, choice: Int)?
      let (spent, total) = (bytes, kl)
      for item in items.indices {
        for choice in 0..<chosen[item] {
          let (old, new) = (items[item].choices[chosen[item]], items[item].choices[choice])
          guard total - old.kl + new.kl <= limit, old.bytes - new.bytes > best?.bytes ?? 0 else { continue }
          best = (old.bytes - new.bytes, item, choice)
        }
      }
      guard let best else { return }
      let before = chosen[best.item]
      chosen[best.item] = best.choice
      // The sum in its own order decides.
      guard kl <= limit, bytes < spent else {
        chosen[best.item] = before
        return
      }
    }
  }

  /// Takes steps along the hulls, those that save most for a byte first, as long as `mayTake` says so of a step's
  /// bytes, the bytes spent and the KL reached.
  ///
  /// What was reached before each step, and at last, is told to `reachedNow`.
  private mutating func climb(
    _ mayTake: (Int, Int, Double) -> Bool, reachedNow: (Int, Double) -> Void = { _, _ in }
  ) {
    let hulls = items.map(\.hull)
    var places = items.map { _ in 0 }
    var spent = bytes
    while true {
      var best: (saved: Double, item: Int, bytes: Int)?
      let reached = kl
      reachedNow(spent, reached)
      for item in items.indices where places[item] + 1 < hulls[item].count {
        let old = items[item].choices[hulls[item][places[item]]]
        let new = items[item].choices[hulls[item][places[item] + 1]]
        let saved = (old.kl - new.kl) / Double(new.bytes - old.bytes)
        guard saved > best?.saved ?? -1, mayTake(new.bytes - old.bytes, spent, reached) else { continue }
        best = (saved, item, new.bytes - old.bytes)
      }
      guard let best else { return }
      places[best.item] += 1
      spent += best.bytes
      chosen[best.item] = hulls[best.item][places[best.item]]
    }
  }

  /// The set whose other choice saves most within the bytes that are left.
  private func single(_ left: Int) -> [(Int, Int)]? {
    var best: (gain: Double, item: Int, choice: Int)?
    for item in items.indices {
      let (old, all) = (items[item].choices[chosen[item]], items[item].choices)
      for choice in all.indices where choice > chosen[item] && all[choice].bytes - old.bytes <= left {
        let gain = old.kl - all[choice].kl
        if gain > best?.gain ?? 0 { best = (gain, item, choice) }
      }
    }
    return best.map { [($0.item, $0.choice)] }
  }

  /// Two sets of which one gets more and the other less, with the largest gain.
  private func exchange(_ left: Int) -> [(Int, Int)]? {
    var best: (gain: Double, moves: [(Int, Int)])?
    for up in items.indices {
      let (old, all) = (items[up].choices[chosen[up]], items[up].choices)
      for more in all.indices where more > chosen[up] {
        let need = all[more].bytes - old.bytes - left
        let gain = old.kl - all[more].kl
        guard gain > best?.gain ?? 0 else { continue }
        for down in items.indices where down != up {
          let (from, others) = (items[down].choices[chosen[down]], items[down].choices)
          // The largest choice that frees enough loses least.
          guard
            let less = (0..<chosen[down]).last(where: { from.bytes - others[$0].bytes >= need })
          else { continue }
          let net = gain - (others[less].kl - from.kl)
          // A gain of rounding alone would exchange forever.
          if net > max(best?.gain ?? 0, gain * 1e-9) { best = (net, [(up, more), (down, less)]) }
        }
      }
    }
    return best?.moves
  }
}
