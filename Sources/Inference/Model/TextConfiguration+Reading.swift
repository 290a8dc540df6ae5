import Checkpoint
import StrictJSON

extension TextConfiguration {
  /// Reads the text part of a folder's configuration.
  /// - Throws: ``InferenceError/unsupported(file:feature:expected:found:)`` for what the runner does not compute;
  ///   `CheckpointError.config` for fields out of range.
  package init(_ folder: CheckpointFolder) throws {
    let model = folder.model
    let reader = ConfigurationReader(
      text: ModelConfig.text(of: folder.config) ?? folder.config, root: folder.config, file: folder.configPath.string)
    try reader.refuseUnsupported()
    modelType = model.modelType
    vocabulary = model["V"]
    hidden = model["H"]
    fullAttention = model.fullAttention
    sparse = model.sparse
    attention = AttentionShape(heads: model["Nq"], keyValueHeads: model["Nkv"], headDimension: model["D"])
    guard attention.heads % attention.keyValueHeads == 0 else {
      throw reader.wrong(
        "num_attention_heads", "a multiple of num_key_value_heads \(attention.keyValueHeads)", "\(attention.heads)")
    }
    delta = DeltaShape(
      keyHeads: model["Hk"], valueHeads: model["Hv"], keyDimension: model["dk"], valueDimension: model["dv"],
      taps: model["K"], fused: model.modelType == "qwen3_next")
    guard delta.valueHeads % delta.keyHeads == 0 else {
      throw reader.wrong(
        "linear_num_value_heads", "a multiple of linear_num_key_heads \(delta.keyHeads)", "\(delta.valueHeads)")
    }
    mixture =
      folder.table.mixture
      ? MixtureShape(
        expertsPerToken: try reader.integer("num_experts_per_tok", 1...model["E"]),
        normalizes: folder.model.modelType != "qwen3_next" || reader.text["norm_topk_prob"]?.boolValue ?? true)
      : nil
    epsilon = try reader.epsilon()
    rotary = try Rotary(reader, headDimension: attention.headDimension)
    tied = model.tiedEmbeddings
    headInput = try reader.headInput()
  }
}

/// Reads fields of the text configuration with errors that name them.
struct ConfigurationReader {
  let text: JSONValue
  let root: JSONValue
  let file: String

  func wrong(_ field: String, _ expected: String, _ found: String) -> CheckpointError {
    .config(file: file, field: field, expected: expected, found: found)
  }

  func integer(_ field: String, _ range: ClosedRange<Int>) throws -> Int {
    guard let number = text[field]?.intValue, range.contains(number) else {
      throw wrong(
        field, "an integer from \(range.lowerBound) to \(range.upperBound)", text[field]?.typeName ?? "nothing")
    }
    return number
  }

  /// A positive, finite number; nil without the field.
  func positive(_ field: String, in object: JSONValue) throws -> Double? {
    guard let value = object[field], !value.isNull else { return nil }
    // What follows is computed with Floats: neither 0 nor infinity may become of it.
    guard let number = value.doubleValue, Float(number).isNormal, number > 0 else {
      throw wrong(field, "a positive number that a Float holds", value.typeName)
    }
    return number
  }

  func epsilon() throws -> Float { Float(try positive("rms_norm_eps", in: text) ?? 1e-6) }

  /// `mtp_hidden_state_mode`, the nested value first; the state after the final norm without it.
  func headInput() throws -> HeadInput {
    let field = "mtp_hidden_state_mode"
    guard let value = [text[field], root[field]].compactMap({ $0 }).first(where: { !$0.isNull }) else {
      return .postNorm
    }
    guard let input = value.stringValue.flatMap(HeadInput.init(rawValue:)) else {
      throw wrong(field, "post_norm or pre_norm", value.typeName)
    }
    return input
  }

  /// Fields of the family whose other values change the mathematics, and no release has.
  func refuseUnsupported() throws {
    let flags: [(field: String, allowed: Bool, feature: String)] = [
      ("attention_bias", false, "biases in attention"), ("layer_scale", false, "layer scales"),
      ("use_sliding_window", false, "sliding windows"),
      ("mtp_use_dedicated_embeddings", false, "an MTP head with embeddings of its own"),
    ]
    for (field, allowed, feature) in flags {
      if let value = text[field], !value.isNull, value.boolValue != allowed {
        throw InferenceError.unsupported(
          file: file, feature: feature, expected: "\(field) \(allowed)", found: value.typeName)
      }
    }
    if let value = text["output_gate_type"], !value.isNull, !["silu", "swish"].contains(value.stringValue ?? "") {
      throw InferenceError.unsupported(
        file: file, feature: "another gate than silu in DeltaNet", expected: "output_gate_type silu or swish",
        found: value.typeName)
    }
  }
}
