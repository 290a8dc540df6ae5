/// One key head of a Gated DeltaNet layer with the value heads that read it.
struct DeltaHead {
  let shape: DeltaShape
  let parameters: DeltaParameters
  let projections: DeltaProjections
  let keyHead: Int
  let epsilon: Float

  private var ratio: Int { shape.valueHeads / shape.keyHeads }

  /// The head's parts of a row of convolution channels: start and count. All q, all k, all v come one after another.
  private var query: (start: Int, count: Int) { (keyHead * shape.keyDimension, shape.keyDimension) }
  private var key: (start: Int, count: Int) { (shape.keyWidth + keyHead * shape.keyDimension, shape.keyDimension) }
  private var value: (start: Int, count: Int) {
    (2 * shape.keyWidth + keyHead * ratio * shape.valueDimension, ratio * shape.valueDimension)
  }

  /// Copies q, k and v out of fused projections, which are grouped by key head.
  func regroup(rows: Int, into inputs: UnsafeMutablePointer<Float>) {
    guard let fused = projections.fused else { return }
    for row in 0..<rows {
      var source = fused + row * projections.zStride + keyHead * projections.zGroup
      let target = inputs + row * shape.channels
      for part in [query, key, value] {
        target.advanced(by: part.start).update(from: source, count: part.count)
        source += part.count
      }
    }
  }

  /// Causal depthwise convolution and silu of the head's channels, then L2 norms of q and k; q is scaled by 1/√dk.
  ///
  /// ε = 1e-6 under the root of the sum of squares (`l2norm` of transformers).
  func convolve(inputs: UnsafePointer<Float>, rows: Int, into convolved: UnsafeMutablePointer<Float>) {
    let oldest = inputs - (shape.taps - 1) * shape.channels
    for part in [query, key, value] {
      for row in 0..<rows {
        Vector.convolve(
          oldest + row * shape.channels + part.start, stride: shape.channels, taps: shape.taps,
          weights: parameters.convolution.pointer + shape.taps * part.start, count: part.count,
          into: convolved + row * shape.channels + part.start)
      }
    }
    let scale = 1 / Float(shape.keyDimension).squareRoot()
    for row in 0..<rows {
      let (q, k) = (convolved + row * shape.channels + query.start, convolved + row * shape.channels + key.start)
      Vector.l2Norm(q, count: shape.keyDimension, epsilon: 1e-6, factor: scale, into: q)
      Vector.l2Norm(k, count: shape.keyDimension, epsilon: 1e-6, factor: 1, into: k)
    }
  }

  /// The recurrence of the head's value heads over the rows, then the gated norm: w · o / rms(o) · silu(z).
  ///
  /// - Parameter scratch: 4 · dk numbers when the pass is recorded, else nil.
  func recur(
    _ state: DeltaState, convolved: UnsafePointer<Float>, rows: Int, scratch: UnsafeMutablePointer<Float>?,
    into recalled: UnsafeMutablePointer<Float>
  ) {
    let (dk, dv) = (shape.keyDimension, shape.valueDimension)
    for local in 0..<ratio {
      let head = keyHead * ratio + local
      let gates = keyHead * projections.gateGroup + local
      let (decays, betas) = (projections.a + gates, projections.b + gates)
      for row in 0..<rows {
        let gate = row * projections.gateStride
        // g = −exp(A_log) · softplus(a + dt_bias); the state decays by exp(g). Both take the place of what they are of.
        let g = parameters.decayRate.pointer[head] * Vector.softplus(decays[gate] + parameters.decayBias.pointer[head])
        decays[gate] = Vector.exp(g)
        betas[gate] = Vector.sigmoid(betas[gate])
      }
      let out = recalled + head * dv
      Vector.deltaSteps(
        state: state.state.pointer + head * dv * dk, keyDimension: dk, valueDimension: dv,
        record: state.record(head: head),
        DeltaTokens(
          count: rows, query: convolved + query.start, key: convolved + key.start,
          value: convolved + value.start + local * dv, stride: shape.channels, decay: decays, beta: betas,
          gateStride: projections.gateStride, out: out, outStride: shape.valueWidth),
        scratch: scratch)
      for row in 0..<rows {
        let out = out + row * shape.valueWidth
        Vector.rmsNorm(out, weight: parameters.norm.pointer, count: dv, epsilon: epsilon, into: out)
        let z = projections.z + row * projections.zStride + keyHead * projections.zGroup + local * dv
        Vector.gateSilu(z, up: out, count: dv, into: out)
        if scratch != nil { state.record(decay: decays[row * projections.gateStride], row: row, head: head) }
      }
    }
    if scratch != nil {
      for row in 0..<rows {
        state.record(key: convolved + row * shape.channels + key.start, row: row, keyHead: keyHead)
      }
    }
  }
}

extension DeltaHead {
  /// Convolution weights [C, K] by the parts that ``convolve(inputs:rows:into:)`` takes: q and k of each key head, and
  /// the v of its value heads, each part [K, count], parts in the order of their channels.
  static func groupedTaps(_ stored: FloatBuffer, _ shape: DeltaShape) -> FloatBuffer {
    let grouped = FloatBuffer(count: stored.count)
    let valueCount = shape.valueHeads / shape.keyHeads * shape.valueDimension
    let counts =
      Array(repeating: shape.keyDimension, count: 2 * shape.keyHeads)
      + Array(repeating: valueCount, count: shape.keyHeads)
    var start = 0
    for count in counts {
      for tap in 0..<shape.taps {
        for channel in 0..<count {
          grouped.pointer[shape.taps * start + tap * count + channel] =
            stored.pointer[(start + channel) * shape.taps + tap]
        }
      }
      start += count
    }
    return grouped
  }
}
