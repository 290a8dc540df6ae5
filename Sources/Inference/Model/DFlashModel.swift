import StrictJSON

/// A block-diffusion drafter (DFlash or DFlash 2) as z-lab publishes it: reads the trunk's residual streams, drafts a
/// block in one pass. Embedding and output projection are the target's.
struct DFlashModel: Sendable {
  /// What a layer sees of the block and of the context.
  struct Sight: Sendable, Hashable {
    /// Whether a place of the block sees none after it.
    let isCausal: Bool
    /// Most positions back to the oldest that is seen, itself counted; nil for all.
    let window: Int?

    /// The positions that the query at `position` sees, of `end` that there are.
    func range(_ position: Int, end: Int) -> Range<Int> {
      let start = window.map { max(0, position - $0 + 1) } ?? 0
      if isCausal { return start..<position + 1 }
      // Both ways: no further ahead than back.
      return start..<(window.map { min(end, position + $0) } ?? end)
    }
  }

  let shape: DrafterShape
  /// B, places of a block; the first is the newest token, so it drafts B − 1.
  let block: Int
  /// The token that stands for what is to be drafted.
  let maskToken: Int
  /// Layers of the target after which the residual stream is read, in the order of `fusion`'s columns.
  let taps: [Int]
  let sights: [Sight]
  /// Factor of embeddings, factor of logits, and bound of logits by tanh.
  let embeddingScale: Float
  let outputMultiplier: Float
  let softcap: Float?
  /// [H, T·H].
  let fusion: WeightMatrix
  let contextNorm: FloatBuffer
  let layers: [DraftLayer]
  let norm: FloatBuffer
  /// The parts of DFlash 2; nil for DFlash.
  let second: DFlash2Parts?

  static let architectures = ["DFlashDraftModel", secondArchitecture]
  private static let secondArchitecture = "DFlash2DraftModel"
  private static let nested = "dflash_config"

  /// - Throws: ``DrafterError``, ``InferenceError``, ``WeightMatrixError``.
  init(_ folder: DrafterFolder, target: TextConfiguration) throws {
    let fields = DrafterFields(folder)
    shape = try fields.shape(target)
    let layerCount = try fields.integer("num_target_layers", 1...1 << 16)
    guard layerCount == target.layerCount else {
      throw DrafterError.target(
        file: fields.file, field: "num_target_layers", expected: "\(target.layerCount), the model's",
        found: "\(layerCount)")
    }
    block = try Self.block(fields)
    maskToken = try Self.maskToken(fields, vocabulary: target.vocabulary)
    taps = try Self.taps(fields, layers: target.layerCount)
    sights = try Self.sights(fields, layers: shape.layers)
    embeddingScale = Float(try fields.positive("input_embedding_scale", in: Self.nested, default: 1))
    outputMultiplier = Float(try fields.positive("output_multiplier", in: Self.nested, default: 1))
    let softcap = "final_logit_softcapping"
    self.softcap =
      fields.value(softcap, in: Self.nested) == nil
      ? nil : Float(try fields.positive(softcap, in: Self.nested, default: nil))

    // Some tools write the names of the whole class, with `model.` before them.
    let prefix = folder.has("model.fc.weight") ? "model." : ""
    // T is at most the target's layers, each below 2^16, and H below 2^20.
    fusion = try folder.matrix(prefix + "fc.weight", shape.hidden, taps.count * shape.hidden)
    contextNorm = try folder.vector(prefix + "hidden_norm.weight", shape.hidden)
    norm = try folder.vector(prefix + "norm.weight", shape.hidden)
    var layers: [DraftLayer] = []
    for index in 0..<shape.layers {
      layers.append(
        try folder.layer("\(prefix)layers.\(index).", shape, input: shape.hidden, hasHeadNorms: true))
    }
    self.layers = layers
    let names = folder.config["architectures"]?.arrayValue ?? []
    second =
      names.first?.stringValue == Self.secondArchitecture
      ? try DFlash2Parts(folder, fields, in: Self.nested, shape, prefix: prefix) : nil
    try folder.requireNoOthers()
  }

  private static func block(_ fields: DrafterFields) throws(DrafterError) -> Int {
    let value = fields.value("block_size", in: nested)
    guard let block = value?.intValue, (2...64).contains(block) else {
      throw .block(file: fields.file, found: fields.spelling(value))
    }
    return block
  }

  private static func maskToken(_ fields: DrafterFields, vocabulary: Int) throws(DrafterError) -> Int {
    let value = fields.value("mask_token_id", in: nested)
    guard let token = value?.intValue, (0..<vocabulary).contains(token) else {
      throw .mask(
        file: fields.file, expected: "mask_token_id from 0 to \(vocabulary - 1)", found: fields.spelling(value))
    }
    return token
  }

  private static func taps(_ fields: DrafterFields, layers: Int) throws(DrafterError) -> [Int] {
    let taps = try fields.integers("target_layer_ids", in: nested) ?? []
    guard !taps.isEmpty, taps.allSatisfy((0..<layers).contains), zip(taps, taps.dropFirst()).allSatisfy(<) else {
      throw .taps(
        file: fields.file, expected: "target_layer_ids, rising, from 0 to \(layers - 1)",
        found: fields.spelling(fields.value("target_layer_ids", in: nested)))
    }
    return taps
  }

  private static func sights(_ fields: DrafterFields, layers: Int) throws(DrafterError) -> [Sight] {
    let causal = try fields.flag("is_causal", in: nested)
    guard let value = fields.value("layer_types") else {
      return Array(repeating: Sight(isCausal: causal ?? false, window: nil), count: layers)
    }
    let types = (value.arrayValue ?? []).compactMap(\.stringValue)
    guard types.count == layers, value.arrayValue?.count == layers,
      types.allSatisfy(["full_attention", "sliding_attention"].contains)
    else {
      throw fields.wrong("layer_types", "\(layers) of full_attention and sliding_attention")
    }
    guard types.contains("sliding_attention") else {
      return Array(repeating: Sight(isCausal: causal ?? false, window: nil), count: layers)
    }
    guard let window = fields.value("sliding_window")?.intValue, window > 0, window <= 1 << 24 else {
      throw .window(file: fields.file, found: fields.spelling(fields.value("sliding_window")))
    }
    return types.map { type in
      let slides = type == "sliding_attention"
      return Sight(isCausal: causal ?? slides, window: slides ? window : nil)
    }
  }
}
