/// What DFlash 2 has beside DFlash (z-lab's `dflash/model.py`): convolutions along the block round each part of a layer, and
/// a selector that chooses among the likeliest tokens of a place by the token before it.
struct DFlash2Parts: Sendable {
  /// A convolution in front of a part of a layer and another after it: each place sees itself and those before it in the
  /// block, by factors that differ for each group of channels.
  struct Convolution: Sendable {
    /// [2, K, H].
    let base: FloatBuffer
    /// [2·K·H/g, H].
    let projection: WeightMatrix
  }

  /// K, the number of places that are seen, itself included.
  let taps: Int
  /// g, channels that share a factor.
  let group: Int
  /// For each layer: one round attention, and one round the feed-forward part.
  let layers: [(attention: Convolution, feedForward: Convolution)]
  /// Candidates of a place.
  let candidates: Int
  /// [V, r], of the token before and of the candidate.
  let predecessors, successors: WeightMatrix
  /// [r, H].
  let projection: WeightMatrix

  var rank: Int { projection.rows }

  /// - Throws: ``DrafterError``, ``InferenceError``, ``WeightMatrixError``.
  init(_ folder: DrafterFolder, _ fields: DrafterFields, in nested: String, _ shape: DrafterShape, prefix: String)
    throws
  {
    let taps = try fields.integer("conv_kernel_size", in: nested, 1...64)
    let group = try fields.integer("conv_group_size", in: nested, 1...shape.hidden)
    guard shape.hidden % group == 0 else {
      throw fields.wrong("conv_group_size", in: nested, "a divisor of hidden_size \(shape.hidden)")
    }
    let rank = try fields.integer("selector_rank", in: nested, 1...1 << 16)
    (self.taps, self.group) = (taps, group)
    candidates = try fields.integer("selector_top_k", in: nested, 1...min(1024, shape.vocabulary))
    // K is at most 64, H below 2^20.
    let convolution = { (name: String) in
      Convolution(
        base: try folder.numbers(name + ".base_kernel", [2, taps, shape.hidden]),
        projection: try folder.matrix(
          name + ".kernel_projection.weight", 2 * taps * (shape.hidden / group), shape.hidden))
    }
    layers = try (0..<shape.layers).map {
      let layer = "\(prefix)layers.\($0)."
      return (try convolution(layer + "attention_conv"), try convolution(layer + "mlp_conv"))
    }
    let selector = prefix + "candidate_selector."
    // Saved without `.weight`; tools that read and write modules add it.
    let codebook = { (name: String) in
      let name = selector + name
      return try folder.matrix(folder.has(name) ? name : name + ".weight", shape.vocabulary, rank)
    }
    predecessors = try codebook("predecessor_codebook")
    successors = try codebook("successor_codebook")
    projection = try folder.matrix(selector + "hidden_projection.weight", rank, shape.hidden)
  }
}
