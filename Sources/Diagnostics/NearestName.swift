/// The candidate nearest to `name` by edit distance, if any is near enough to be a likely misspelling
/// (at most a third of the longer name's length, and at least one edit allowed).
public func nearestName(to name: String, among candidates: [String]) -> String? {
  var best: (name: String, distance: Int)?
  for candidate in candidates.sorted() {
    let distance = editDistance(Array(name.utf8), Array(candidate.utf8))
    if distance < best?.distance ?? Int.max { best = (candidate, distance) }
  }
  guard let best, best.distance <= max(1, max(name.utf8.count, best.name.utf8.count) / 3) else { return nil }
  return best.name
}

/// Edit distance over bytes, in which two neighbours that are exchanged are one edit (optimal string alignment).
private func editDistance(_ a: [UInt8], _ b: [UInt8]) -> Int {
  var previous = Array(0...b.count)
  var beforePrevious = previous
  for (i, x) in a.enumerated() {
    var current = [i + 1]
    current.reserveCapacity(b.count + 1)
    for (j, y) in b.enumerated() {
      var least = min(previous[j + 1] + 1, current[j] + 1, previous[j] + (x == y ? 0 : 1))
      if i > 0, j > 0, x == b[j - 1], y == a[i - 1] { least = min(least, beforePrevious[j - 1] + 1) }
      current.append(least)
    }
    (beforePrevious, previous) = (previous, current)
  }
  return previous[b.count]
}
