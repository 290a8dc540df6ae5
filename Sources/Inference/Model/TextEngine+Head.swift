/// Pairs of one sequence for the head.
struct HeadSegment {
  /// Token i + 1 of each pair, and the position of its token i.
  let rows: PassRows
  /// [rows, H], the trunk's hidden state at token i, or the head's own output when drafting on.
  let hidden: UnsafePointer<Float>
  let cache: AttentionCache
}

/// The MTP head (wiring of `qwen3_next_mtp.py` and `qwen3_5_mtp.py` of vLLM).
extension TextEngine {
  /// Runs the head on pairs of an embedding and a hidden state; appends their keys and values to `cache`.
  ///
  /// - Parameters:
  ///   - head: The head.
  ///   - rows: Token i + 1 of each pair, and the position of its token i.
  ///   - hidden: [rows, H], the trunk's hidden state at token i, or the head's own output when drafting on.
  ///   - cache: The head's keys and values of the sequence.
  ///   - producing: Whether the output of the last row is wanted; else only the cache is filled.
  /// - Returns: The output of the last row after the head's norm, [H], valid until the next pass; nil if not wanted.
  func runHead(
    _ head: MTPHead, _ rows: PassRows, hidden: UnsafePointer<Float>, cache: AttentionCache, producing: Bool
  ) -> UnsafePointer<Float>? {
    runHead(head, [HeadSegment(rows: rows, hidden: hidden, cache: cache)], producing: producing)
  }

  /// Runs the head on pairs of several sequences, each with its own cache; its weights are read once for all of them.
  ///
  /// - Returns: The output of the last row of each, [segments, H], valid until the next pass; nil if not wanted.
  func runHead(_ head: MTPHead, _ segments: [HeadSegment], producing: Bool) -> UnsafePointer<Float>? {
    let width = configuration.hidden
    prepareHead(head, segments)
    var spans: [AttentionSpan] = []
    for segment in segments {
      let start = spans.last?.rows.upperBound ?? 0
      spans.append(
        AttentionSpan(
          cache: segment.cache, rows: start..<start + segment.rows.count, asked: producing ? 1 : 0))
    }
    attend(head.attention, spans)
    guard producing else { return nil }
    let residual = scratch.residual.pointer
    // Ascending, so that no row is overwritten before it has moved.
    for (place, span) in spans.enumerated() where span.rows.upperBound - 1 > place {
      (residual + place * width).update(from: residual + (span.rows.upperBound - 1) * width, count: width)
    }
    let count = segments.count
    addBranch(rows: count)
    normalize(scratch.residual.pointer, head.feedForwardNorm, rows: count, into: scratch.normed.pointer)
    feedForward(head.feedForward, rows: count)
    addBranch(rows: count)
    normalize(scratch.residual.pointer, head.norm, rows: count, into: scratch.hidden.pointer)
    return UnsafePointer(scratch.hidden.pointer)
  }

  /// residual = fc · [norm(embedding); norm(hidden)], normed = its input norm.
  private func prepareHead(_ head: MTPHead, _ segments: [HeadSegment]) {
    let width = configuration.hidden
    let count = segments.reduce(0) { $0 + $1.rows.count }
    reserve(rows: count)
    let pair = scratch.pair.pointer
    let embedding = head.takesHiddenFirst ? pair + width : pair
    let state = head.takesHiddenFirst ? pair : pair + width
    let epsilon = configuration.epsilon
    var start = 0
    for segment in segments {
      let (embedding, state) = (embedding + start * 2 * width, state + start * 2 * width)
      embed(segment.rows, into: embedding, stride: 2 * width)
      prepareAngles(segment.rows, from: start)
      let hidden = segment.hidden
      spread(segment.rows.count, cost: 2 * width) { range, _ in
        for row in range {
          let target = embedding + row * 2 * width
          Vector.rmsNorm(
            target, weight: head.embeddingNorm.pointer, count: width, epsilon: epsilon, into: target)
          Vector.rmsNorm(
            hidden + row * width, weight: head.hiddenNorm.pointer, count: width, epsilon: epsilon,
            into: state + row * 2 * width)
        }
      }
      start += segment.rows.count
    }
    products.removeAll()
    products.append(head.projection, pair, rows: count, into: scratch.residual.pointer)
    products.run(pool)
    normalize(scratch.residual.pointer, head.inputNorm, rows: count, into: scratch.normed.pointer)
  }
}
