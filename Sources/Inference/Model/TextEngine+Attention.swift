/// Gated full attention (architecture classes `Qwen3NextAttention`, `Qwen3_5Attention` of transformers).
extension TextEngine {
  /// branch = o_proj · (softmax(q kᵀ / √D) v ⊙ σ(gate)) for the normed rows; appends their keys and values.
  ///
  /// - Parameter first: The first row whose output is wanted; it becomes row 0 of the branch. Rows before it leave only
  ///   their keys and values.
  func attend(_ parameters: AttentionParameters, _ cache: AttentionCache, rows all: Int, from first: Int = 0) {
    let shape = configuration.attention
    let (dimension, width) = (shape.headDimension, shape.cacheWidth)
    let rows = all - first
    let before = cache.length + first
    let (keys, values) = cache.append(all)
    let normed = scratch.normed.pointer
    products.removeAll()
    if rows > 0 {
      products.append(
        parameters.query, normed + first * configuration.hidden, rows: rows, into: scratch.queries.pointer)
    }
    products.append(parameters.key, normed, rows: all, into: keys, stride: width)
    products.append(parameters.value, normed, rows: all, into: values, stride: width)
    products.run(pool)
    finishKeys(parameters, keys, rows: all)
    guard rows > 0 else { return }

    let (allKeys, allValues) = (cache.keys.pointer, cache.values.pointer)
    let (queries, attended) = (scratch.queries.pointer, scratch.attended.pointer)
    let half = configuration.rotary.dimension / 2
    let (cosines, sines) = (scratch.cosines.pointer + first * half, scratch.sines.pointer + first * half)
    let (epsilon, group) = (configuration.epsilon, shape.heads / shape.keyValueHeads)
    let scale = 1 / Float(dimension).squareRoot()
    let norm = parameters.queryNorm.pointer
    let (scores, stride) = scoreRows(positions: before + rows)
    // Neighbouring items are rows of one head, which read the same keys.
    spread(rows * shape.heads, cost: 2 * dimension * (before + rows)) { range, worker in
      for item in range {
        let (head, row) = (item / rows, item % rows)
        let query = queries + (row * shape.heads + head) * 2 * dimension
        let out = attended + (row * shape.heads + head) * dimension
        let shared = head / group * dimension
        Vector.rmsNorm(query, weight: norm, count: dimension, epsilon: epsilon, into: query)
        Vector.rotate(
          query, rotaryDimension: 2 * half, cosines: cosines + row * half, sines: sines + row * half)
        Vector.attend(
          query: query, keys: allKeys + shared, values: allValues + shared, headDimension: dimension, stride: width,
          positions: before + row + 1, scale: scale, into: out, scratch: scores + worker * stride)
        Vector.gateSigmoid(out, gate: query + dimension, count: dimension)
      }
    }
    products.removeAll()
    products.append(parameters.output, attended, rows: rows, into: scratch.branch.pointer)
    products.run(pool)
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
