import StrictJSON

/// An EAGLE-3 drafter as its authors publish it: one layer that drafts token by token from the trunk's residual streams,
/// over its own vocabulary. The embedding is the target's, unless it has one.
struct Eagle3Model: Sendable {
  let shape: DrafterShape
  /// Layers of the target after which the residual stream is read, in the order of `fusion`'s columns.
  let taps: [Int]
  /// Whether the residual stream of the layer is the normed state.
  let normsResidual: Bool
  /// [H, T·H].
  let fusion: WeightMatrix
  /// [V, H]; nil for the target's.
  let embedding: WeightMatrix?
  let hiddenNorm: FloatBuffer
  let layer: DraftLayer
  let norm: FloatBuffer
  /// [Vd, H].
  let output: WeightMatrix
  /// The token of each id of the draft vocabulary; nil when both vocabularies are one.
  let tokens: [Int]?

  static let architectures = ["LlamaForCausalLMEagle3", "Eagle3LlamaForCausalLM"]
  private static let nested = "eagle_config"

  /// - Throws: ``DrafterError``, ``InferenceError``, ``WeightMatrixError``.
  init(_ folder: DrafterFolder, target: TextConfiguration) throws {
    let fields = DrafterFields(folder)
    let shape = try fields.shape(target)
    self.shape = shape
    guard shape.layers == 1 else { throw fields.wrong("num_hidden_layers", "1") }
    if let size = fields.value("target_hidden_size")?.intValue, size != target.hidden {
      throw DrafterError.target(
        file: fields.file, field: "target_hidden_size", expected: "\(target.hidden), the model's", found: "\(size)")
    }
    for field in ["norm_before_fc", "fc_norm", "norm_output"] { try fields.require(field, in: Self.nested, false) }
    normsResidual = try fields.flag("norm_before_residual", in: Self.nested) ?? false
    taps = try Self.taps(fields, layers: target.layerCount)

    let (hidden, vocabulary) = (shape.hidden, shape.vocabulary)
    let draftVocabulary =
      fields.value("draft_vocab_size") == nil
      ? vocabulary : try fields.integer("draft_vocab_size", 1...vocabulary)
    fusion = try folder.matrix("fc.weight", hidden, taps.count * hidden)
    embedding =
      folder.has("embed_tokens.weight") ? try folder.matrix("embed_tokens.weight", vocabulary, hidden) : nil
    hiddenNorm = try folder.vector("midlayer.hidden_norm.weight", hidden)
    layer = try folder.layer("midlayer.", shape, input: 2 * hidden, hasHeadNorms: false)
    norm = try folder.vector("norm.weight", hidden)
    output = try folder.matrix("lm_head.weight", draftVocabulary, hidden)
    tokens =
      draftVocabulary == vocabulary && !folder.has("d2t")
      ? nil : try Self.tokens(folder, count: draftVocabulary, vocabulary: vocabulary)
    try folder.requireNoOthers()
  }

  /// The files count inputs of layers: an id is that of the layer before.
  private static func taps(_ fields: DrafterFields, layers: Int) throws(DrafterError) -> [Int] {
    let field = "eagle_aux_hidden_state_layer_ids"
    let ids = try fields.integers(field, in: nested) ?? [2, layers / 2, layers - 3]
    guard ids.count == 3, ids.allSatisfy((1...layers).contains), zip(ids, ids.dropFirst()).allSatisfy(<) else {
      throw .taps(
        file: fields.file, expected: "three \(field), rising, from 1 to \(layers)", found: "\(ids)")
    }
    return ids.map { $0 - 1 }
  }

  /// `d2t` holds what is added to a draft id; `t2d` says of each token whether it can be drafted.
  private static func tokens(_ folder: DrafterFolder, count: Int, vocabulary: Int) throws -> [Int] {
    let offsets = try folder.integers("d2t", count)
    let tokens = offsets.enumerated().map { $0.addingReportingOverflow($1).partialValue }
    if let bad = tokens.firstIndex(where: { !(0..<vocabulary).contains($0) }) {
      throw DrafterError.vocabulary(
        file: folder.weightsFile, tensor: "d2t", expected: "tokens from 0 to \(vocabulary - 1)",
        found: "\(tokens[bad]) for draft id \(bad)")
    }
    guard Set(tokens).count == count else {
      throw DrafterError.vocabulary(
        file: folder.weightsFile, tensor: "d2t", expected: "each token once", found: "\(Set(tokens).count) of \(count)")
    }
    if folder.has("t2d") {
      let isDrafted = try folder.flags("t2d", vocabulary)
      let drafted = Set(tokens)
      if let bad = isDrafted.indices.first(where: { isDrafted[$0] != drafted.contains($0) }) {
        throw DrafterError.vocabulary(
          file: folder.weightsFile, tensor: "t2d", expected: "the tokens of d2t", found: "another word on token \(bad)")
      }
    }
    return tokens
  }
}
