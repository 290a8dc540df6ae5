/// Feed-forward parts: dense, and mixtures of experts (`Qwen3NextSparseMoeBlock`).
extension TextEngine {
  /// branch = the feed-forward part of the normed rows.
  func feedForward(_ feedForward: FeedForward, rows: Int) {
    switch feedForward {
    case .dense(let linear):
      products.removeAll()
      products.append(linear.gate, scratch.normed.pointer, rows: rows, into: scratch.gate.pointer)
      products.append(linear.up, scratch.normed.pointer, rows: rows, into: scratch.up.pointer)
      products.run(pool)
      gateSilu(scratch.gate, scratch.up, count: rows * linear.gate.rows)
      products.removeAll()
      products.append(linear.down, scratch.gate.pointer, rows: rows, into: scratch.branch.pointer)
      products.run(pool)
    case .mixture(let mixture): mix(mixture, rows: rows)
    }
  }

  /// gate = silu(gate) ⊙ up.
  private func gateSilu(_ gate: FloatBuffer, _ up: FloatBuffer, count: Int) {
    let (g, u) = (gate.pointer, up.pointer)
    let block = 1024
    spread((count + block - 1) / block, cost: 8 * block) { range, _ in
      let (start, end) = (range.lowerBound * block, min(count, range.upperBound * block))
      Vector.gateSilu(g + start, up: u + start, count: end - start, into: g + start)
    }
  }

  private func mix(_ mixture: MixtureParameters, rows: Int) {
    let normed = scratch.normed.pointer
    let chosenCount = configuration.mixture?.expertsPerToken ?? 1
    products.removeAll()
    products.append(mixture.router, normed, rows: rows, into: scratch.router.pointer)
    products.append(mixture.sharedGate, normed, rows: rows, into: scratch.sharedGate.pointer)
    products.append(mixture.shared.gate, normed, rows: rows, into: scratch.gate.pointer)
    products.append(mixture.shared.up, normed, rows: rows, into: scratch.up.pointer)
    products.run(pool)
    chooseExperts(experts: mixture.router.rows, rows: rows, count: chosenCount)
    gather(experts: mixture.router.rows, rows: rows, count: chosenCount)

    let hidden = configuration.hidden
    let width = mixture.experts.first?.gate.rows ?? 0
    products.removeAll()
    eachExpert(mixture) { expert, start, count in
      let x = scratch.gathered.pointer + start * hidden
      products.append(expert.gate, x, rows: count, into: scratch.expertGate.pointer + start * width)
      products.append(expert.up, x, rows: count, into: scratch.expertUp.pointer + start * width)
    }
    products.run(pool)
    gateSilu(scratch.expertGate, scratch.expertUp, count: rows * chosenCount * width)
    gateSilu(scratch.gate, scratch.up, count: rows * mixture.shared.gate.rows)
    products.removeAll()
    eachExpert(mixture) { expert, start, count in
      products.append(
        expert.down, scratch.expertGate.pointer + start * width, rows: count,
        into: scratch.expertOut.pointer + start * hidden)
    }
    products.append(mixture.shared.down, scratch.gate.pointer, rows: rows, into: scratch.shared.pointer)
    products.run(pool)
    combine(rows: rows, count: chosenCount)
  }

  /// Chooses for each row the experts of largest probability, by rank, the lower number first on ties; and their weights.
  private func chooseExperts(experts: Int, rows: Int, count: Int) {
    let normalizes = configuration.mixture?.normalizes ?? true
    if chosen.count < rows * count { chosen = Array(repeating: 0, count: rows * count) }
    for row in 0..<rows {
      let probabilities = scratch.router.pointer + row * experts
      Vector.softmax(probabilities, count: experts)
      let weights = scratch.chosenWeights.pointer + row * count
      TextEngine.selectLargest(probabilities, of: experts, count: count) { rank, expert in
        chosen[row * count + rank] = Int32(expert)
        weights[rank] = probabilities[expert]
      }
      if normalizes {
        let sum = Vector.sum(weights, count: count)
        for rank in 0..<count { weights[rank] /= sum }
      }
    }
  }

  /// Passes the indices of the `count` largest values to `body`, the largest first, the lower index first among equals. One
  /// scan: nearly all values are smaller than the smallest kept.
  package static func selectLargest(
    _ values: UnsafePointer<Float>, of total: Int, count: Int, _ body: (_ rank: Int, _ index: Int) -> Void
  ) {
    withUnsafeTemporaryAllocation(of: Int.self, capacity: count + 1) { best in
      var kept = 0
      for index in 0..<total {
        if kept == count, values[index] <= values[best[count - 1]] { continue }
        var place = kept
        while place > 0, values[best[place - 1]] < values[index] {
          best[place] = best[place - 1]
          place -= 1
        }
        best[place] = index
        kept = min(kept + 1, count)
      }
      for rank in 0..<kept { body(rank, best[rank]) }
    }
  }

  /// Sorts the pairs of row and rank by expert, so that each chosen expert is read once, and gathers their inputs.
  private func gather(experts: Int, rows: Int, count: Int) {
    let hidden = configuration.hidden
    let pairs = rows * count
    if placed.count < pairs { placed = Array(repeating: 0, count: pairs) }
    expertStarts.removeAll(keepingCapacity: true)
    expertStarts.append(contentsOf: repeatElement(0, count: experts + 1))
    for pair in 0..<pairs { expertStarts[Int(chosen[pair]) + 1] += 1 }
    for expert in 0..<experts { expertStarts[expert + 1] += expertStarts[expert] }
    for pair in 0..<pairs {
      let expert = Int(chosen[pair])
      let place = expertStarts[expert]
      expertStarts[expert] += 1
      placed[pair] = Int32(place)
      scratch.gathered.pointer.advanced(by: place * hidden).update(
        from: scratch.normed.pointer + pair / count * hidden, count: hidden)
    }
  }

  /// Calls `body` with each chosen expert, its first pair and its number of pairs. After ``gather(experts:rows:count:)``
  /// an entry of `expertStarts` is the end of its expert's pairs.
  private func eachExpert(_ mixture: MixtureParameters, _ body: (GatedLinear, Int, Int) -> Void) {
    var start = 0
    for expert in mixture.experts.indices {
      let end = expertStarts[expert]
      if end > start { body(mixture.experts[expert], start, end - start) }
      start = end
    }
  }

  /// branch = Σ weight · expert, by rank, then + σ(shared gate) · shared expert.
  private func combine(rows: Int, count: Int) {
    let hidden = configuration.hidden
    let (branch, outputs, shared) = (scratch.branch.pointer, scratch.expertOut.pointer, scratch.shared.pointer)
    let (weights, sharedGate) = (scratch.chosenWeights.pointer, scratch.sharedGate.pointer)
    placed.withUnsafeBufferPointer { placed in
      spread(rows, cost: hidden * (count + 1)) { range, _ in
        for row in range {
          let target = branch + row * hidden
          target.update(repeating: 0, count: hidden)
          for rank in 0..<count {
            let place = Int(placed[row * count + rank])
            Vector.add(outputs + place * hidden, times: weights[row * count + rank], count: hidden, to: target)
          }
          Vector.add(
            shared + row * hidden, times: Vector.sigmoid(sharedGate[row]), count: hidden, to: target)
        }
      }
    }
  }
}
