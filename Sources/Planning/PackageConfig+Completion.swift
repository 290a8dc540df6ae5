import Checkpoint
import StrictJSON

/// What a configuration leaves to transformers, whose defaults are the model's. Readers have others, or none: mlx-lm takes a
/// `rope_theta` of 100,000 where `rope_parameters` is missing, whatever is beside it; mlx-vlm loads nothing then.
extension PackageConfig {
  private static let rope = "rope_parameters"
  private static let theta = "rope_theta"
  private static let share = "partial_rotary_factor"

  /// Completes the text model's fields in a package's configuration.
  func complete(_ config: inout JSONValue) {
    if var text = config["text_config"], text.members != nil {
      completeText(&text)
      config.set("text_config", to: text)
    } else {
      completeText(&config)
    }
  }

  /// - Parameter text: The object of the text model's fields.
  func completeText(_ text: inout JSONValue) {
    let model = resolution.source.model
    for (field, value) in ModelConfig.unstated(in: text) { text.set(field, to: .int(value)) }
    completeInterval(&text)
    if model.modelType == "qwen3_next" {
      spreadRope(&text)
      state(&text, "norm_topk_prob", .bool(true))
    } else {
      if resolution.source.table.wrapped { state(&text, "model_type", .string(model.modelType + "_text")) }
      state(&text, "rms_norm_eps", JSONValue(.number("1e-06")))
      state(&text, "max_position_embeddings", .int(32_768))
      gatherRope(&text)
    }
  }

  private func state(_ text: inout JSONValue, _ field: String, _ value: JSONValue) {
    if text[field]?.isNull ?? true { text.set(field, to: value) }
  }

  /// Readers go by the interval, and never by `layer_types`.
  private func completeInterval(_ text: inout JSONValue) {
    let field = "full_attention_interval"
    guard let interval = resolution.source.model.fullAttentionInterval, interval != text[field]?.intValue ?? 4 else {
      return
    }
    text.set(field, to: .int(interval))
  }

  /// Qwen3.5's readers want everything in `rope_parameters`; older configurations have it beside, or in `rope_scaling`.
  func gatherRope(_ text: inout JSONValue) {
    let source = [text[PackageConfig.rope], text["rope_scaling"]].compactMap { $0 }.first { $0.members != nil }
    var rope = source ?? .object([])
    let theta = ModelConfig.theta(in: text) ?? .int(ModelConfig.defaultTheta)
    guard theta.doubleValue != nil else { return }
    let factor = rope[PackageConfig.share] ?? text[PackageConfig.share] ?? JSONValue(.number("0.25"))
    guard let share = factor.doubleValue, (0...1).contains(share) else { return }
    if rope["rope_type"] == nil, rope["type"] == nil { rope.set("rope_type", to: "default") }
    state(&rope, PackageConfig.theta, theta)
    state(&rope, PackageConfig.share, factor)
    if rope["mrope_section"]?.arrayValue == nil {
      // The release's division is for 32 frequencies; for text, every axis has the same positions.
      let model = resolution.source.model
      let rotary = Int(Double(model["D"]) * share)
      let count = rotary / 2
      let isOwn = count == 32 && model.modelType != "qwen3_next"
      rope.set("mrope_section", to: isOwn ? [11, 11, 10] : [.int(count), 0, 0])
    }
    if rope != text[PackageConfig.rope] { text.set(PackageConfig.rope, to: rope) }
  }

  /// Qwen3-Next's readers want it beside: transformers 5 writes `rope_parameters` alone.
  private func spreadRope(_ text: inout JSONValue) {
    if ModelConfig.theta(in: text) == nil { text.set(PackageConfig.theta, to: .int(ModelConfig.defaultTheta)) }
    guard let rope = text[PackageConfig.rope], rope.members != nil else { return }
    for field in [PackageConfig.theta, PackageConfig.share] {
      if let value = rope[field], value.doubleValue != nil, value != text[field] { text.set(field, to: value) }
    }
    let type = (rope["rope_type"] ?? rope["type"])?.stringValue ?? "default"
    if type != "default" { state(&text, "rope_scaling", rope) }
  }
}
