/// The MTP head (wiring of `qwen3_next_mtp.py` and `qwen3_5_mtp.py` of vLLM).
extension TextEngine {
  /// Runs the head on pairs of an embedding and a hidden state; appends their keys and values to `cache`.
  ///
  /// - Parameters:
  ///   - rows: Token i + 1 of each pair, and the position of its token i.
  ///   - hidden: [rows, H], the trunk's hidden state at token i, or the head's own output when drafting on.
  ///   - producing: Whether the output of the last row is wanted; else only the cache is filled.
  /// - Returns: The output of the last row after the head's norm, [H], valid until the next pass; nil if not wanted.
  func runHead(
    _ head: MTPHead, _ rows: PassRows, hidden: UnsafePointer<Float>, cache: AttentionCache, producing: Bool
  ) -> UnsafePointer<Float>? {
    let count = rows.count
    let width = configuration.hidden
    prepareHead(head, rows, hidden: hidden)
    let last = producing ? count - 1 : count
    attend(head.attention, cache, rows: count, from: last)
    guard producing else { return nil }
    if last > 0 { scratch.residual.pointer.update(from: scratch.residual.pointer + last * width, count: width) }
    addBranch(rows: 1)
    normalize(scratch.residual.pointer, head.feedForwardNorm, rows: 1, into: scratch.normed.pointer)
    feedForward(head.feedForward, rows: 1)
    addBranch(rows: 1)
    normalize(scratch.residual.pointer, head.norm, rows: 1, into: scratch.hidden.pointer)
    return UnsafePointer(scratch.hidden.pointer)
  }

  /// residual = fc · [norm(embedding); norm(hidden)], normed = its input norm.
  private func prepareHead(_ head: MTPHead, _ rows: PassRows, hidden: UnsafePointer<Float>) {
    let width = configuration.hidden
    let count = rows.count
    reserve(rows: count)
    let pair = scratch.pair.pointer
    let embedding = head.takesHiddenFirst ? pair + width : pair
    let state = head.takesHiddenFirst ? pair : pair + width
    embed(rows, into: embedding, stride: 2 * width)
    prepareAngles(rows)
    let epsilon = configuration.epsilon
    spread(count, cost: 2 * width) { range, _ in
      for row in range {
        let target = embedding + row * 2 * width
        Vector.rmsNorm(
          target, weight: head.embeddingNorm.pointer, count: width, epsilon: epsilon, into: target)
        Vector.rmsNorm(
          hidden + row * width, weight: head.hiddenNorm.pointer, count: width, epsilon: epsilon,
          into: state + row * 2 * width)
      }
    }
    products.removeAll()
    products.append(head.projection, pair, rows: count, into: scratch.residual.pointer)
    products.run(pool)
    normalize(scratch.residual.pointer, head.inputNorm, rows: count, into: scratch.normed.pointer)
  }
}
