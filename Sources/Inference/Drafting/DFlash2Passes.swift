/// Computes what DFlash 2 adds to a block. Each row by itself and those before it: the number of rows never shows.
package final class DFlash2Passes {
  private let parts: DFlash2Parts
  private let engine: TextEngine
  private let hidden: Int
  private let vocabulary: Int
  /// [rows, 2, K, H/g]: factors of the convolution before a part, and after it.
  private var factors = FloatBuffer(count: 0)
  /// [rows, r].
  private var projected = FloatBuffer(count: 0)
  private let pair: FloatBuffer
  /// [V]: −infinity for all but the candidates.
  private let scores: FloatBuffer

  init(_ parts: DFlash2Parts, _ shape: DrafterShape, engine: TextEngine) {
    self.parts = parts
    self.engine = engine
    (hidden, vocabulary) = (shape.hidden, shape.vocabulary)
    pair = FloatBuffer(count: 2 * parts.rank)
    scores = FloatBuffer(count: vocabulary)
    scores.pointer.update(repeating: -.infinity, count: vocabulary)
  }

  /// Convolves the normed input of a part in place; what follows the part is convolved by ``finish(_:_:rows:)``.
  func prepare(_ convolution: DFlash2Parts.Convolution, _ x: UnsafeMutablePointer<Float>, rows: Int) {
    let width = convolution.projection.rows
    if factors.count < rows * width { factors = FloatBuffer(count: rows * width) }
    engine.products.removeAll()
    engine.products.append(convolution.projection, x, rows: rows, into: factors.pointer)
    engine.products.run(engine.pool)
    convolve(convolution, half: 0, x, rows: rows)
  }

  func finish(_ convolution: DFlash2Parts.Convolution, _ y: UnsafeMutablePointer<Float>, rows: Int) {
    convolve(convolution, half: 1, y, rows: rows)
  }

  /// y[t, c] = Σ over o < K of (base[o, c] + factor[t, o, c / g]) · u[t − o, c], nothing before the block. In place from the
  /// last row on: no row looks ahead.
  private func convolve(
    _ convolution: DFlash2Parts.Convolution, half: Int, _ u: UnsafeMutablePointer<Float>, rows: Int
  ) {
    let groups = hidden / parts.group
    let base = convolution.base.pointer + half * parts.taps * hidden
    for row in stride(from: rows - 1, through: 0, by: -1) {
      let own = factors.pointer + (row * 2 + half) * parts.taps * groups
      for channel in 0..<hidden {
        var sum: Float = 0
        for tap in 0..<min(parts.taps, row + 1) {
          sum +=
            (base[tap * hidden + channel] + own[tap * groups + channel / parts.group])
            * u[(row - tap) * hidden + channel]
        }
        u[row * hidden + channel] = sum
      }
    }
  }

  /// Chooses a token for each row: of its likeliest candidates that with the greatest sum of its logit and of what speaks
  /// for it after the token before.
  /// - Parameters:
  ///   - outputs: [rows, H], after the final norm.
  ///   - logits: [rows, V].
  ///   - rows: How many there are.
  ///   - first: The token before the first.
  ///   - choose: Takes scores [V].
  func select(
    _ outputs: UnsafePointer<Float>, logits: UnsafePointer<Float>, rows: Int, after first: Int,
    choose: (UnsafePointer<Float>) -> Int
  ) -> [Int] {
    let rank = parts.rank
    if projected.count < rows * rank { projected = FloatBuffer(count: rows * rank) }
    engine.products.removeAll()
    engine.products.append(parts.projection, outputs, rows: rows, into: projected.pointer)
    engine.products.run(engine.pool)
    var path: [Int] = []
    let (before, after) = (pair.pointer, pair.pointer + rank)
    for row in 0..<rows {
      Vector.decodeRow(parts.predecessors, row: path.last ?? first, into: before)
      for index in 0..<rank { before[index] *= projected.pointer[row * rank + index] }
      let own = logits + row * vocabulary
      let candidates = DFlash2Passes.largest(own, count: vocabulary, parts.candidates)
      for token in candidates {
        Vector.decodeRow(parts.successors, row: token, into: after)
        scores.pointer[token] = own[token] + Vector.dot(before, after, count: rank)
      }
      path.append(choose(scores.pointer))
      for token in candidates { scores.pointer[token] = -.infinity }
    }
    return path
  }

  /// The places of the largest numbers, the largest first, the lower place first among equals. What is no number counts as
  /// the largest, so that whoever looks at the scores sees it.
  package static func largest(_ x: UnsafePointer<Float>, count: Int, _ wanted: Int) -> [Int] {
    // NaN is above all numbers and above no other NaN.
    let isAbove = { (one: Float, other: Float) in one > other || one.isNaN && !other.isNaN }
    var found: [Int] = []
    found.reserveCapacity(wanted + 1)
    for place in 0..<count {
      let value = x[place]
      if found.count == wanted, let last = found.last, !isAbove(value, x[last]) { continue }
      var at = found.count
      while at > 0, isAbove(value, x[found[at - 1]]) { at -= 1 }
      found.insert(place, at: at)
      if found.count > wanted { found.removeLast() }
    }
    return found
  }
}
