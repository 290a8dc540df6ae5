/// Rows of a pass that go over one recurrent state.
struct DeltaSpan {
  let state: DeltaState
  /// Its rows in the pass.
  let rows: Range<Int>
  /// Whether they may be taken back.
  let recording: Bool

  /// Rows of a prompt, of which only the last inputs are of use after the pass: they are in the working memory, so that a
  /// state does not grow with the rows of a pass.
  var isKeptWhole: Bool { !recording && rows.count > DeltaState.usual }
}

/// Gated DeltaNet, token by token (architecture classes `Qwen3NextGatedDeltaNet`, `Qwen3_5GatedDeltaNet`).
extension TextEngine {
  /// branch = out_proj · gated norm of the recurrence's outputs, for the normed rows. Each span goes over its own state.
  func recall(_ parameters: DeltaParameters, _ spans: [DeltaSpan]) {
    let shape = configuration.delta
    let rows = spans.last?.rows.upperBound ?? 0
    let inputs = begin(spans)
    // The inputs of one sequence are made where the convolution reads them; those of several together, and then copied.
    let alone = spans.count == 1 ? inputs.first : nil
    let work = project(parameters, inputs: alone ?? scratch.mixed.pointer, rows: rows)
    if alone == nil, work.fused == nil {
      for (span, target) in zip(spans, inputs) {
        target.update(
          from: scratch.mixed.pointer + span.rows.lowerBound * shape.channels, count: span.rows.count * shape.channels)
      }
    }
    let (convolved, recalled, states) = (scratch.convolved.pointer, scratch.recalled.pointer, scratch.states.pointer)
    let epsilon = configuration.epsilon
    let count = spans.count
    // One item is a key head of a sequence with its value heads: nothing it writes is read by another.
    spread(count * shape.keyHeads, cost: rows * shape.channels / max(1, count * shape.keyHeads) * 64) { range, worker in
      for item in range {
        let (keyHead, span) = (item / count, spans[item % count])
        let (start, spanRows) = (span.rows.lowerBound, span.rows.count)
        let own = inputs[item % count]
        let head = DeltaHead(
          shape: shape, parameters: parameters, projections: work.from(row: start), keyHead: keyHead, epsilon: epsilon)
        let mixed = convolved + start * shape.channels
        head.regroup(rows: spanRows, into: own)
        head.convolve(inputs: own, rows: spanRows, into: mixed)
        head.recur(
          span.state, convolved: mixed, rows: spanRows,
          scratch: span.recording ? states + worker * 4 * shape.keyDimension : nil,
          into: recalled + start * shape.valueWidth)
      }
    }
    for (span, target) in zip(spans, inputs) where span.isKeptWhole {
      span.state.keep(history: target + (span.rows.count - shape.taps + 1) * shape.channels)
    }
    products.removeAll()
    products.append(parameters.output, recalled, rows: rows, into: scratch.branch.pointer)
    products.run(pool)
  }

  /// Where the convolution inputs of each span go; the K − 1 rows before them are before that place.
  private func begin(_ spans: [DeltaSpan]) -> [UnsafeMutablePointer<Float>] {
    let shape = configuration.delta
    let before = (shape.taps - 1) * shape.channels
    var place = scratch.inputs.pointer
    return spans.map { span in
      guard span.isKeptWhole else { return span.state.begin(rows: span.rows.count, recording: span.recording) }
      let start = place
      if let history = span.state.history.baseAddress { start.update(from: history, count: before) }
      place += before + span.rows.count * shape.channels
      return start + before
    }
  }

  /// The projections; the convolution's inputs go to `inputs`, or stay fused until they are regrouped.
  private func project(
    _ parameters: DeltaParameters, inputs: UnsafeMutablePointer<Float>, rows: Int
  ) -> DeltaProjections {
    let shape = configuration.delta
    let normed = scratch.normed.pointer
    let (fused, gates) = (scratch.fused.pointer, scratch.gates.pointer)
    let ratio = shape.valueHeads / shape.keyHeads
    products.removeAll()
    defer { products.run(pool) }
    switch parameters.projections {
    case .separate(let qkv, let z, let b, let a):
      products.append(qkv, normed, rows: rows, into: inputs)
      products.append(z, normed, rows: rows, into: fused)
      products.append(b, normed, rows: rows, into: gates, stride: 2 * shape.valueHeads)
      products.append(a, normed, rows: rows, into: gates + shape.valueHeads, stride: 2 * shape.valueHeads)
      return DeltaProjections(
        fused: nil, z: fused, zStride: shape.valueWidth, zGroup: ratio * shape.valueDimension, b: gates,
        a: gates + shape.valueHeads, gateStride: 2 * shape.valueHeads, gateGroup: ratio)
    case .fused(let qkvz, let ba):
      products.append(qkvz, normed, rows: rows, into: fused)
      products.append(ba, normed, rows: rows, into: gates)
      let group = 2 * shape.keyDimension + 2 * ratio * shape.valueDimension
      return DeltaProjections(
        fused: fused, z: fused + 2 * shape.keyDimension + ratio * shape.valueDimension,
        zStride: group * shape.keyHeads, zGroup: group, b: gates, a: gates + ratio,
        gateStride: 2 * shape.valueHeads, gateGroup: 2 * ratio)
    }
  }
}

/// Where the projections of a pass are. Both layouts: row r, key head g, its value head j.
struct DeltaProjections {
  /// [rows, Hk, q | k | v | z] when fused, else nil.
  let fused: UnsafePointer<Float>?
  /// z of (r, g, j): at r · zStride + g · zGroup + j · dv.
  let z: UnsafePointer<Float>
  let zStride: Int
  let zGroup: Int
  /// b and a of (r, g, j): at r · gateStride + g · gateGroup + j.
  let b: UnsafeMutablePointer<Float>
  let a: UnsafeMutablePointer<Float>
  let gateStride: Int
  let gateGroup: Int

  /// The projections of a row and the rows after it.
  func from(row: Int) -> DeltaProjections {
    DeltaProjections(
      fused: fused.map { $0 + row * zStride }, z: z + row * zStride, zStride: zStride, zGroup: zGroup,
      b: b + row * gateStride, a: a + row * gateStride, gateStride: gateStride, gateGroup: gateGroup)
  }
}
