import Checkpoint
import Files
import StrictJSON

/// `config.json` of what is made: the source's, in its own order and spelling, with what changes.
struct PackageConfig {
  let resolution: Resolution
  let plan: Plan
  let blocks: QuantizationBlocks

  init(_ plan: Plan, _ resolution: Resolution) {
    self.resolution = resolution
    self.plan = plan
    blocks = QuantizationBlocks(plan)
  }

  /// That of a package. A source that was converted before keeps its own, but for what is said of the head.
  func package() throws -> [UInt8] {
    let source = resolution.source
    var config = source.config
    declareHead(&config)
    if !plan.keepsSource {
      try takeStopTokens(&config)
      // Some tools write theirs into the text's configuration, where it would speak of codes that are there no more.
      if var text = config["text_config"], text["quantization_config"] != nil {
        text.removeKey("quantization_config")
        config.set("text_config", to: text)
      }
      if let trunk = blocks.trunk {
        config.set("quantization", to: trunk)
        config.set("quantization_config", to: trunk)
      } else {
        // What it says of FP8 is no longer so, and a block without a packed matrix never was.
        config.removeKey("quantization")
        config.removeKey("quantization_config")
      }
    } else {
      settleBlocks(&config)
    }
    // It names code of the source's folder, and code is never copied.
    PackageConfig.removeCode(&config)
    if let head = blocks.head {
      config.set(QuantizationBlocks.headKey, to: head)
    } else {
      config.removeKey(QuantizationBlocks.headKey)
    }
    if !plan.keepsSource {
      if source.lacksTower { config.removeKey("vision_config") }
      if source.isUntied { untie(&config) }
      if let modelType = source.table.wrapperType { config = wrapped(config, modelType) }
    }
    return JSONWriter.pretty(config)
  }

  /// Of a source that was converted before: readers look under either name, so what stands under one stands under both.
  /// Blocks for matrices that nobody packed go.
  private func settleBlocks(_ config: inout JSONValue) {
    let names = ["quantization", "quantization_config"]
    guard plan.tensors.contains(where: { $0.origin == .trunk && $0.tensor.packing != nil }) else {
      return names.forEach { config.removeKey($0) }
    }
    guard let block = config[names[0]] ?? config[names[1]] else { return }
    for name in names where config[name] == nil { config.set(name, to: block) }
  }

  /// `tie_word_embeddings` is false wherever it stands.
  private func untie(_ config: inout JSONValue) {
    let key = "tie_word_embeddings"
    if config[key] != nil { config.set(key, to: .bool(false)) }
    if var text = config["text_config"], text[key] != nil {
      text.set(key, to: .bool(false))
      config.set("text_config", to: text)
    }
  }

  /// A flat text configuration in that of a wrapper, which mlx-lm knows, too: it has no class for `qwen3_5_text`.
  private func wrapped(_ config: JSONValue, _ modelType: String) -> JSONValue {
    let quantization = ["quantization", "quantization_config", QuantizationBlocks.headKey]
    let shared = ["eos_token_id", "bos_token_id", "pad_token_id", "tie_word_embeddings", "torch_dtype", "dtype"]
    var text = config
    for key in quantization + ["architectures"] { text.removeKey(key) }
    var members: [(String, JSONValue)] = []
    if config["architectures"] != nil {
      let kind = resolution.source.table.mixture ? "Qwen3_5Moe" : "Qwen3_5"
      members.append(("architectures", [.string(kind + "ForConditionalGeneration")]))
    }
    members.append(("model_type", .string(modelType)))
    members += (shared + quantization).compactMap { key in config[key].map { (key, $0) } }
    return .object(members + [("text_config", text)])
  }

  /// How many MTP layers there are, and how many experts they have when it is not the trunk's number.
  private func declareHead(_ config: inout JSONValue) {
    let layers = plan.head == nil ? 0 : 1
    let declared = resolution.source.model.declaredMTPLayers != nil || layers > 0
    let experts = plan.head?.ownExperts
    if resolution.source.table.wrapped, var text = config["text_config"] {
      if declared { text.set("mtp_num_hidden_layers", to: .int(layers)) }
      if let experts { text.set("mtp_num_experts", to: .int(experts)) }
      config.set("text_config", to: text)
      if config["mtp_num_hidden_layers"] != nil { config.set("mtp_num_hidden_layers", to: .int(layers)) }
    } else {
      if declared { config.set("mtp_num_hidden_layers", to: .int(layers)) }
      if let experts { config.set("mtp_num_experts", to: .int(experts)) }
    }
  }

  /// Both readers stop at the ids of config.json; the generation file lists all of them.
  private func takeStopTokens(_ config: inout JSONValue) throws {
    let source = resolution.source
    guard source.sidecars.copied.contains("generation_config.json") else { return }
    let path = source.path.appending("generation_config.json")
    let generation = try JSONValue.parse(source.input("generation_config.json", limit: 4 << 20), file: path.string)
    if let stops = generation["eos_token_id"] { config.set("eos_token_id", to: stops) }
  }

  /// That of a drafter's folder, as mlx-vlm's splitter writes it: the text configuration of the trunk, with the head's
  /// own number of experts.
  func drafter() -> [UInt8] {
    let source = resolution.source
    var text = (source.table.wrapped ? source.config["text_config"] : nil) ?? source.config
    for key in ["quantization", "quantization_config", QuantizationBlocks.headKey, "mtp_num_experts"] {
      text.removeKey(key)
    }
    text.set("mtp_num_hidden_layers", to: .int(1))
    if let experts = plan.head?.ownExperts { text.set("num_experts", to: .int(experts)) }
    var members: [(String, JSONValue)] = [
      ("block_size", .int(3)), ("model_type", .string(ModelConfig.drafterType)),
    ]
    if source.model.modelType == "qwen3_next" {
      completeForDrafter(&text)
      members.append((ModelConfig.drafterBase, .string(source.model.modelType)))
    }
    if let head = blocks.head { members += [("quantization", head), ("quantization_config", head)] }
    members += [("text_config", text), ("tie_word_embeddings", .bool(source.model.tiedEmbeddings))]
    return JSONWriter.pretty(.object(members))
  }

  /// What the drafter's classes, made for Qwen3.5, expect of a Qwen3-Next configuration.
  private func completeForDrafter(_ text: inout JSONValue) {
    // mlx-vlm before 0.7.8 knows a mixture of experts by this name only.
    text.set("model_type", to: "qwen3_5_moe_text")
    if text["norm_topk_prob"] == nil { text.set("norm_topk_prob", to: .bool(false)) }
    guard text["rope_parameters"] == nil, let theta = text["rope_theta"], let factor = text["partial_rotary_factor"],
      let share = factor.doubleValue, (0...1).contains(share)
    else { return }
    let rotary = Int(Double(resolution.source.model["D"]) * share)
    text.set(
      "rope_parameters",
      to: .object([
        ("type", "default"), ("rope_theta", theta), ("partial_rotary_factor", factor),
        ("mrope_section", [.int(rotary / 2), 0, 0]),
      ]))
  }
}
