import StrictJSON

/// Reads what `tokenizer.json` does around the model, and refuses what is not covered.
struct PipelineReader {
  let root: JSONFields

  /// The split pattern, after everything else was found to be of the covered kind; nil where nothing cuts a text.
  func pattern() throws -> SplitPattern? {
    try refuse(unless: root["version"].map { $0.stringValue == "1.0" } ?? true, .version, "version", "\"1.0\"")
    try refuse(
      unless: addsNothing(root["post_processor"]), .postProcessor, "post_processor",
      "one that adds nothing to a text: null, ByteLevel, or a template of \"A\" alone")
    try refuse(unless: isByteLevel(root["decoder"]), .decoder, "decoder", "{\"type\": \"ByteLevel\"}")
    return try split()
  }

  /// Whether texts are put into normalization form C: by the normalizer itself, or by one or more in a sequence.
  func normalizes() throws -> Bool {
    let value = root["normalizer"]
    var steps = value.map { $0.isNull ? [] : [$0] } ?? []
    if isType("normalizer", "Sequence") { steps = value?["normalizers"]?.arrayValue ?? [.null] }
    let isCovered = steps.allSatisfy { $0["type"]?.stringValue == "NFC" }
    try refuse(unless: isCovered, .normalizer, "normalizer", "null, {\"type\": \"NFC\"}, or a sequence of it")
    return !steps.isEmpty
  }

  /// Whether a post-processor leaves the ids of one text as they are. A byte-level one only moves the offsets of tokens,
  /// which nothing here returns; a template may be the text alone, which is what transformers 5 writes.
  private func addsNothing(_ processor: JSONValue?, level: Int = 0) -> Bool {
    guard let processor, !processor.isNull else { return true }
    switch processor["type"]?.stringValue {
    case "ByteLevel": return true
    case "TemplateProcessing":
      guard let single = processor["single"]?.arrayValue, single.count == 1 else { return false }
      return single[0]["Sequence"]?["id"]?.stringValue == "A"
    case "Sequence" where level < 8:
      return processor["processors"]?.arrayValue?.allSatisfy { addsNothing($0, level: level + 1) } ?? false
    default: return false
    }
  }

  private func isByteLevel(_ decoder: JSONValue?) -> Bool {
    if decoder?["type"]?.stringValue == "ByteLevel" { return true }
    guard decoder?["type"]?.stringValue == "Sequence", let steps = decoder?["decoders"]?.arrayValue else {
      return false
    }
    return steps.count == 1 && steps[0]["type"]?.stringValue == "ByteLevel"
  }

  /// A ByteLevel alone that has no pattern leaves a text whole.
  private var isUncut: Bool {
    guard let bytes = root["pre_tokenizer"], isType("pre_tokenizer", "ByteLevel") else { return false }
    let known: Set = ["type", "add_prefix_space", "trim_offsets", "use_regex"]
    return bytes["use_regex"] == false && bytes["add_prefix_space"] == false
      && bytes.members?.allSatisfy { known.contains($0.key) } ?? false
  }

  private func split() throws -> SplitPattern? {
    if isUncut { return nil }
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

  private func isType(_ key: String, _ type: String) -> Bool { root[key]?["type"]?.stringValue == type }

  private func refuse(unless isCovered: Bool, _ part: TokenizerError.Part, _ key: String, _ expected: String) throws {
    guard !isCovered else { return }
    let value = root[key]
    throw TokenizerError.unsupported(
      part, root.place(of: key), expected: expected,
      found: value?["type"]?.stringValue.map { "\($0), or its options" } ?? value?.typeName ?? "nothing")
  }
}
