import StrictJSON

/// What `tokenizer.json` says, checked: every id of `0..<names.count` is one token, and every byte has one.
struct TokenizerFile {
  let pattern: SplitPattern
  let addedTokens: [AddedToken]
  let names: [String]
  let ids: [UTF8Name: Int]
  let merges: MergeTable
  let byteIds: [UInt32]

  init(_ bytes: [UInt8], file: String) throws {
    let root = try JSONFields(JSONValue.parse(bytes, file: file, maxValues: 1 << 21), file: file, what: "the tokenizer")
    try root.refuseUnknown([
      "version", "truncation", "padding", "added_tokens", "normalizer", "pre_tokenizer", "post_processor", "decoder",
      "model",
    ])
    pattern = try PipelineReader(root: root).pattern()
    let model = try root.object("model")
    try ModelReader.checkOptions(model)
    var vocabulary = try VocabularyReader(model: model, added: root.optionalArray("added_tokens") ?? [])
    addedTokens = try vocabulary.read()
    names = vocabulary.names
    ids = vocabulary.ids
    merges = try ModelReader.merges(model, ids: vocabulary.modelIds)
    byteIds = try ModelReader.byteIds(model, ids: vocabulary.modelIds)
  }
}
