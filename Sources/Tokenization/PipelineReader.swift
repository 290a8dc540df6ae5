import StrictJSON

/// Reads what `tokenizer.json` does around the model, and refuses what is not covered.
struct PipelineReader {
  let root: JSONFields

  /// The split pattern, after everything else was found to be of the covered kind.
  func pattern() throws -> SplitPattern {
    try refuse(unless: root["version"].map { $0.stringValue == "1.0" } ?? true, .version, "version", "\"1.0\"")
    try refuse(unless: isAbsent("truncation"), .truncation, "truncation", "null")
    try refuse(unless: isAbsent("padding"), .padding, "padding", "null")
    try refuse(unless: isType("normalizer", "NFC"), .normalizer, "normalizer", "{\"type\": \"NFC\"}")
    // A byte-level post-processor only moves the offsets of tokens, which nothing here gives out.
    let hasPlainEnd = isAbsent("post_processor") || isType("post_processor", "ByteLevel")
    try refuse(unless: hasPlainEnd, .postProcessor, "post_processor", "null or {\"type\": \"ByteLevel\"}")
    try refuse(unless: isType("decoder", "ByteLevel"), .decoder, "decoder", "{\"type\": \"ByteLevel\"}")
    return try split()
  }

  private func split() throws -> SplitPattern {
    let outer = try root.object("pre_tokenizer")
    let steps = isType("pre_tokenizer", "Sequence") ? try outer.optionalArray("pretokenizers") ?? [] : []
    try refuse(unless: steps.count == 2, .preTokenizer, "pre_tokenizer", "a sequence of Split and ByteLevel")
    let split = try JSONFields(steps[0], file: root.file, what: "the Split")
    let bytes = try JSONFields(steps[1], file: root.file, what: "the ByteLevel")
    try split.refuseUnknown(["type", "pattern", "behavior", "invert"])
    try bytes.refuseUnknown(["type", "add_prefix_space", "trim_offsets", "use_regex"])
    let isCovered =
      try split.string("type") == "Split" && split.string("behavior") == "Isolated"
      && split.optionalBool("invert") != true && bytes.string("type") == "ByteLevel"
      && bytes.bool("add_prefix_space") == false && bytes.bool("use_regex") == false
    try refuse(
      unless: isCovered, .preTokenizer, "pre_tokenizer",
      "an isolated Split, then a ByteLevel without prefix space and pattern of its own")
    let text = try split.object("pattern")["Regex"]?.stringValue
    guard let pattern = SplitPattern.allCases.first(where: { pattern in text.map { pattern.rawValue == $0 } ?? false })
    else {
      throw TokenizerError.unsupported(
        .pattern, split.place(of: "pattern"), expected: "the pattern of Qwen2 or of Qwen3.5, to the letter",
        found: text.map { String($0.unicodeScalars.prefix(200)) } ?? "no \"Regex\"")
    }
    return pattern
  }

  private func isAbsent(_ key: String) -> Bool { root[key]?.isNull ?? true }

  private func isType(_ key: String, _ type: String) -> Bool { root[key]?["type"]?.stringValue == type }

  private func refuse(unless isCovered: Bool, _ part: TokenizerError.Part, _ key: String, _ expected: String) throws {
    guard !isCovered else { return }
    let value = root[key]
    throw TokenizerError.unsupported(
      part, root.place(of: key), expected: expected,
      found: value?["type"]?.stringValue.map { "\($0), or its options" } ?? value?.typeName ?? "nothing")
  }
}
