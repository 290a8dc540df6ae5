/// Working memory of an engine, for passes of up to `rows` rows. Pages that no pass touches cost nothing.
final class Scratch {
  let rows: Int
  /// [rows, H]: residual stream; normed input of a part; output of a part; hidden state after the final norm.
  let residual, normed, branch, hidden: FloatBuffer
  /// [rows, 2·H]: input of the head's projection.
  let pair: FloatBuffer
  /// [rows, R/2] each.
  let cosines, sines: FloatBuffer
  /// Attention: [rows, 2·Nq·D] and [rows, Nq·D].
  let queries, attended: FloatBuffer
  /// Attention of several sequences: [rows, Nkv·D] each.
  let keys, values: FloatBuffer
  /// DeltaNet: [rows, 2·Kd + 2·Vd], [rows, 2·Hv], [rows, C], [rows, Vd].
  let fused, gates, convolved, recalled: FloatBuffer
  /// DeltaNet of several sequences: [rows, C]; and of prompts, with K − 1 rows before those of each.
  let mixed, inputs: FloatBuffer
  /// DeltaNet, rows that may be taken back: for each worker [4, dk], some rows of a state.
  let states: FloatBuffer
  /// Feed-forward: [rows, I] each; of a mixture the shared expert's.
  let gate, up: FloatBuffer
  /// Mixture: [rows, E], [rows, H], [rows], and for each chosen expert [H], [Im], [Im], [H].
  let router, shared, sharedGate, gathered, expertGate, expertUp, expertOut: FloatBuffer
  /// [rows · k]: weights of the chosen experts, by rank.
  let chosenWeights: FloatBuffer

  init(_ model: LoadedModel, rows: Int, workers: Int) {
    self.rows = rows
    let c = model.configuration
    let buffer = { (width: Int) in FloatBuffer(count: rows * width) }
    let chosen = c.mixture?.expertsPerToken ?? 0
    var wide = 0
    var expertWide = 0
    var experts = 0
    for feedForward in model.layers.map(\.feedForward) + (model.head.map { [$0.feedForward] } ?? []) {
      switch feedForward {
      case .dense(let linear): wide = max(wide, linear.gate.rows)
      case .mixture(let mixture):
        wide = max(wide, mixture.shared.gate.rows)
        experts = max(experts, mixture.router.rows)
        expertWide = max(expertWide, mixture.experts.first?.gate.rows ?? 0)
      }
    }
    (residual, normed, branch, hidden) = (buffer(c.hidden), buffer(c.hidden), buffer(c.hidden), buffer(c.hidden))
    pair = buffer(2 * c.hidden)
    (cosines, sines) = (buffer(c.rotary.dimension / 2), buffer(c.rotary.dimension / 2))
    (queries, attended) = (buffer(2 * c.attention.queryWidth), buffer(c.attention.queryWidth))
    (fused, gates) = (buffer(2 * c.delta.keyWidth + 2 * c.delta.valueWidth), buffer(2 * c.delta.valueHeads))
    (convolved, recalled) = (buffer(c.delta.channels), buffer(c.delta.valueWidth))
    (keys, values, mixed) = (
      buffer(c.attention.cacheWidth), buffer(c.attention.cacheWidth), buffer(c.delta.channels)
    )
    // Sequences have at least one row each, so there are no more than rows.
    inputs = buffer(c.delta.taps * c.delta.channels)
    states = FloatBuffer(count: workers * 4 * c.delta.keyDimension)
    (gate, up) = (buffer(wide), buffer(wide))
    (router, shared, sharedGate) = (buffer(experts), buffer(c.hidden), buffer(1))
    (gathered, expertOut) = (buffer(chosen * c.hidden), buffer(chosen * c.hidden))
    (expertGate, expertUp) = (buffer(chosen * expertWide), buffer(chosen * expertWide))
    chosenWeights = buffer(chosen)
  }
}
