import Checkpoint
import Files
import StrictJSON

/// `config.json` of what is made: the source's, in the source's order and spelling, with what changes.
struct PackageConfig {
  let resolution: Resolution
  let plan: Plan
  let blocks: QuantizationBlocks

  init(_ plan: Plan, _ resolution: Resolution) {
    self.resolution = resolution
    self.plan = plan
    blocks = QuantizationBlocks(plan)
  }

  /// The configuration of a package. A source that was converted before keeps its own, except for what is said of the head.
  func package() throws -> [UInt8] {
    let source = resolution.source
    var config = nested(source.config)
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
      if source.lacksTower || source.table.wrapperType != nil { config.removeKey("vision_config") }
      settleTies(&config)
      complete(&config)
      if let modelType = source.table.wrapperType { config = wrapped(config, modelType) }
    }
    return JSONWriter.pretty(config)
  }

  /// Settles the blocks of a source converted before: readers look under either name, so what is under one is put under both.
  /// Blocks for matrices that nobody packed go.
  private func settleBlocks(_ config: inout JSONValue) {
    let names = ["quantization", "quantization_config"]
    guard plan.tensors.contains(where: { $0.origin == .trunk && $0.tensor.packing != nil }) else {
      return names.forEach { config.removeKey($0) }
    }
    guard let block = config[names[0]] ?? config[names[1]] else { return }
    for name in names where config[name] == nil { config.set(name, to: block) }
  }

  /// How many MTP layers there are, and how many experts they have when it is not the trunk's number.
  private func declareHead(_ config: inout JSONValue) {
    let layers = plan.head == nil ? 0 : 1
    let count = "mtp_num_hidden_layers"
    let declared = resolution.source.model.declaredMTPLayers != nil || layers > 0
    let experts = plan.head?.ownExperts
    let declare = { (object: inout JSONValue, isText: Bool) in
      if isText ? declared : object[count] != nil { object.set(count, to: .int(layers)) }
      // What other families call it, where someone wrote that.
      if let other = object[PackageConfig.otherCount], !other.isNull {
        object.set(PackageConfig.otherCount, to: .int(layers))
      }
      if isText, let experts { object.set("mtp_num_experts", to: .int(experts)) }
    }
    if resolution.source.table.wrapped, var text = config["text_config"] {
      declare(&text, true)
      config.set("text_config", to: text)
      declare(&config, false)
    } else {
      declare(&config, true)
    }
  }

  private static let otherCount = "num_nextn_predict_layers"

  /// Both readers stop at the ids of config.json; the generation file lists all of them.
  private func takeStopTokens(_ config: inout JSONValue) throws {
    let source = resolution.source
    guard source.sidecars.copied.contains("generation_config.json") else { return }
    let path = source.path.appending("generation_config.json")
    let generation = try JSONValue.parse(source.input("generation_config.json", limit: 4 << 20), file: path.string)
    if let stops = generation["eos_token_id"] { config.set("eos_token_id", to: stops) }
  }

  /// The configuration of a drafter's folder, as mlx-vlm's splitter writes it: the trunk's text configuration, with the head's
  /// own number of experts.
  func drafter() -> [UInt8] {
    let source = resolution.source
    let config = nested(source.config)
    var text = ModelConfig.text(of: config) ?? config
    for key in ["quantization", "quantization_config", QuantizationBlocks.headKey, "mtp_num_experts"] {
      text.removeKey(key)
    }
    text.set("mtp_num_hidden_layers", to: .int(1))
    if let other = text[PackageConfig.otherCount], !other.isNull { text.set(PackageConfig.otherCount, to: .int(1)) }
    if let experts = plan.head?.ownExperts { text.set("num_experts", to: .int(experts)) }
    var members: [(String, JSONValue)] = [
      ("block_size", .int(3)), ("model_type", .string(ModelConfig.drafterType)),
    ]
    completeText(&text)
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
    guard text["rope_parameters"] == nil, let theta = text["rope_theta"], let factor = text["partial_rotary_factor"],
      let share = factor.doubleValue, (0...1).contains(share)
    else { return gatherRope(&text) }
    let rotary = Int(Double(resolution.source.model["D"]) * share)
    text.set(
      "rope_parameters",
      to: .object([
        ("type", "default"), ("rope_theta", theta), ("partial_rotary_factor", factor),
        ("mrope_section", [.int(rotary / 2), 0, 0]),
      ]))
  }
}
