import StrictJSON

/// What `tokenizer.json` says, checked: every id of `0..<names.count` is one token or a gap, and every byte has one.
struct TokenizerFile {
  let pattern: SplitPattern?
  let addedTokens: [AddedToken]
  let names: [String?]
  let ids: [UTF8Name: Int]
  let merges: MergeTable
  let byteIds: [UInt32]

  let modelIds: [UTF8Name: Int]
  let normalizes: Bool
  let ignoresMerges: Bool
  let notes: [String]

  init(_ bytes: [UInt8], file: String, rows: Int?) throws {
    try self.init(JSONFields(reading: bytes, file: file, what: "the tokenizer", maxValues: 1 << 21), rows: rows)
  }

  /// - Parameter rows: Rows of the model's embedding, below which ids may have gaps; nil for ids without gaps.
  init(_ root: JSONFields, rows: Int?) throws {
    try root.refuseUnknown([
      "version", "truncation", "padding", "added_tokens", "normalizer", "pre_tokenizer", "post_processor", "decoder",
      "model",
    ])
    let pipeline = PipelineReader(root: root)
    pattern = try pipeline.pattern()
    normalizes = try pipeline.normalizes()
    notes = TokenizerNotes.leftovers.filter { !(root[$0]?.isNull ?? true) }.map(TokenizerNotes.ofLeftover)
    let model = try root.object("model")
    try ModelReader.checkOptions(model)
    ignoresMerges = try model.optionalBool("ignore_merges") ?? false
    var vocabulary = try VocabularyReader(model: model, added: root.optionalArray("added_tokens") ?? [], rows: rows)
    addedTokens = try vocabulary.read()
    names = vocabulary.names
    ids = vocabulary.ids
    modelIds = vocabulary.modelIds
    merges = try ModelReader.merges(model, ids: vocabulary.modelIds)
    byteIds = try ModelReader.byteIds(model, ids: vocabulary.modelIds)
  }
}
