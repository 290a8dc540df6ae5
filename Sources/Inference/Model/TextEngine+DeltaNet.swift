/// Gated DeltaNet, token by token (architecture classes `Qwen3NextGatedDeltaNet`, `Qwen3_5GatedDeltaNet`).
extension TextEngine {
  /// branch = out_proj · gated norm of the recurrence's outputs, for the normed rows.
  func recall(_ parameters: DeltaParameters, _ state: DeltaState, rows: Int, recording: Bool) {
    let shape = configuration.delta
    let inputs = state.begin(rows: rows, recording: recording)
    let work = project(parameters, inputs: inputs, rows: rows)
    let (convolved, recalled) = (scratch.convolved.pointer, scratch.recalled.pointer)
    let epsilon = configuration.epsilon
    let rowsOfStates = recording ? scratch.states.pointer : nil
    // One item is a key head with its value heads: nothing it writes is read by another.
    spread(shape.keyHeads, cost: rows * shape.channels / shape.keyHeads * 64) { range, _ in
      for keyHead in range {
        let head = DeltaHead(
          shape: shape, parameters: parameters, projections: work, keyHead: keyHead, epsilon: epsilon)
        head.regroup(rows: rows, into: inputs)
        head.convolve(inputs: inputs, rows: rows, into: convolved)
        head.recur(
          state, convolved: convolved, rows: rows,
          scratch: rowsOfStates.map { $0 + keyHead * 4 * shape.keyDimension }, into: recalled)
      }
    }
    products.removeAll()
    products.append(parameters.output, recalled, rows: rows, into: scratch.branch.pointer)
    products.run(pool)
  }

  /// The projections; the convolution's inputs go where the state keeps them, or stay fused until they are regrouped.
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

/// Where the projections of a pass lie. Both layouts: row r, key head g, its value head j.
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
}
