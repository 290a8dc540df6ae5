/// Rows of a pass that one attention cache takes.
struct AttentionSpan {
  let cache: AttentionCache
  /// The cache's rows in the pass.
  let rows: Range<Int>
  /// How many of them, the last ones, also ask; the others leave only their keys and values.
  let asked: Int
}

/// A row that asks: what it sees, and where its angles are.
struct AskingRow {
  let keys: UnsafePointer<Float>
  let values: UnsafePointer<Float>
  /// Positions that it sees, itself included.
  let positions: Int
  /// The row's place in the pass.
  let row: Int
}

/// Gated full attention (architecture classes `Qwen3NextAttention`, `Qwen3_5Attention` of transformers).
extension TextEngine {
  /// branch = o_proj · (softmax(q kᵀ / √D) v ⊙ σ(gate)) for the rows that ask, in their order from row 0 of the branch
  /// on; appends keys and values of all rows to the caches. A row sees its own cache and no other.
  func attend(_ parameters: AttentionParameters, _ spans: [AttentionSpan]) {
    let normed = scratch.normed.pointer
    let all = spans.last?.rows.upperBound ?? 0
    let rows = spans.reduce(0) { $0 + $1.asked }
    let width = configuration.attention.cacheWidth
    let befores = spans.map(\.cache.length)
    let places = spans.map { $0.cache.append($0.rows.count) }
    // The keys of one sequence are made where they stay; those of several together, and then copied.
    let alone = spans.count == 1 ? places.first : nil
    let (keys, values) = alone ?? (scratch.keys.pointer, scratch.values.pointer)
    products.removeAll()
    if rows > 0 {
      products.append(parameters.query, asking(spans), rows: rows, into: scratch.queries.pointer)
    }
    products.append(parameters.key, normed, rows: all, into: keys, stride: width)
    products.append(parameters.value, normed, rows: all, into: values, stride: width)
    products.run(pool)
    finishKeys(parameters, keys, rows: all)
    if alone == nil {
      for (span, place) in zip(spans, places) {
        let (start, count) = (span.rows.lowerBound * width, span.rows.count * width)
        place.keys.update(from: keys + start, count: count)
        place.values.update(from: values + start, count: count)
      }
    }
    guard rows > 0 else { return }
    askingRows.removeAll(keepingCapacity: true)
    for (span, before) in zip(spans, befores) {
      for row in span.rows.suffix(span.asked) {
        askingRows.append(
          AskingRow(
            keys: span.cache.keys.pointer, values: span.cache.values.pointer,
            positions: before + row - span.rows.lowerBound + 1, row: row))
      }
    }
    answer(parameters)
    products.removeAll()
    products.append(parameters.output, scratch.attended.pointer, rows: rows, into: scratch.branch.pointer)
    products.run(pool)
  }

  /// The normed rows that ask, closely.
  private func asking(_ spans: [AttentionSpan]) -> UnsafePointer<Float> {
    let (normed, width) = (scratch.normed.pointer, configuration.hidden)
    if spans.count == 1, let span = spans.first {
      return UnsafePointer(normed + (span.rows.upperBound - span.asked) * width)
    }
    guard spans.contains(where: { $0.asked < $0.rows.count }) else { return UnsafePointer(normed) }
    var target = scratch.pair.pointer
    for span in spans {
      target.update(from: normed + (span.rows.upperBound - span.asked) * width, count: span.asked * width)
      target += span.asked * width
    }
    return UnsafePointer(scratch.pair.pointer)
  }

  /// attended = the answers to the rows that ask, whose queries and gates are projected.
  private func answer(_ parameters: AttentionParameters) {
    let shape = configuration.attention
    let (dimension, width) = (shape.headDimension, shape.cacheWidth)
    let (queries, attended) = (scratch.queries.pointer, scratch.attended.pointer)
    let half = configuration.rotary.dimension / 2
    let (cosines, sines) = (scratch.cosines.pointer, scratch.sines.pointer)
    let (epsilon, group) = (configuration.epsilon, shape.heads / shape.keyValueHeads)
    let scale = 1 / Float(dimension).squareRoot()
    let norm = parameters.queryNorm.pointer
    let rows = askingRows.count
    let (most, seen) = askingRows.reduce((0, 0)) { (max($0.0, $1.positions), $0.1 + $1.positions) }
    let (scores, stride) = scoreRows(positions: most)
    askingRows.withUnsafeBufferPointer { asking in
      // Neighbouring items are rows of one head, which read the same keys when they are of one sequence.
      spread(rows * shape.heads, cost: 2 * dimension * (seen / max(1, rows))) { range, worker in
        for item in range {
          let (head, row) = (item / rows, item % rows)
          let place = asking[row]
          let query = queries + (row * shape.heads + head) * 2 * dimension
          let out = attended + (row * shape.heads + head) * dimension
          let shared = head / group * dimension
          let angles = place.row * half
          Vector.rmsNorm(query, weight: norm, count: dimension, epsilon: epsilon, into: query)
          Vector.rotate(query, rotaryDimension: 2 * half, cosines: cosines + angles, sines: sines + angles)
          Vector.attend(
            query: query, keys: place.keys + shared, values: place.values + shared, headDimension: dimension,
            stride: width, positions: place.positions, scale: scale, into: out, scratch: scores + worker * stride)
          Vector.gateSigmoid(out, gate: query + dimension, count: dimension)
        }
      }
    }
  }

  /// Norm and rotation of new keys, in place.
  private func finishKeys(_ parameters: AttentionParameters, _ keys: UnsafeMutablePointer<Float>, rows: Int) {
    let shape = configuration.attention
    let (dimension, heads) = (shape.headDimension, shape.keyValueHeads)
    let (cosines, sines, half) = (scratch.cosines.pointer, scratch.sines.pointer, configuration.rotary.dimension / 2)
    let (epsilon, norm) = (configuration.epsilon, parameters.keyNorm.pointer)
    spread(rows * heads, cost: dimension) { range, _ in
      for item in range {
        let key = keys + item * dimension
        let row = item / heads
        Vector.rmsNorm(key, weight: norm, count: dimension, epsilon: epsilon, into: key)
        Vector.rotate(key, rotaryDimension: 2 * half, cosines: cosines + row * half, sines: sines + row * half)
      }
    }
  }
}
