import StrictJSON

/// A head in a separate folder, as mlx-vlm publishes and loads it: `model_type` is `qwen3_5_mtp` (for Qwen3-Next too),
/// the configuration of the trunk is in `text_config`, and tensors are named without `mtp.`.
extension ModelConfig {
  /// `model_type` of a drafter's folder.
  public static let drafterType = "qwen3_5_mtp"

  /// Field of a drafter's configuration that names the trunk's `model_type`, where `text_config` has to say another.
  public static let drafterBase = "base_model_type"

  /// The trunk's text configuration out of a drafter's, with a `model_type` that has a table.
  /// - Throws: ``CheckpointError/config(file:field:expected:found:)`` when there is none.
  static func drafterText(_ root: JSONValue, file: String) throws -> JSONValue {
    guard var text = root["text_config"], case .object = text.content else {
      throw CheckpointError.config(file: file, field: "text_config", expected: "an object", found: "nothing")
    }
    if let base = root[drafterBase]?.stringValue { text.set("model_type", to: .string(base)) }
    let named = text["model_type"]?.stringValue.flatMap(ArchitectureTable.named)
    if named == nil || named?.wrapped == true {
      let mixture = named?.mixture ?? ((text["num_experts"]?.intValue ?? 0) > 0)
      text.set("model_type", to: .string(mixture ? "qwen3_5_moe_text" : "qwen3_5_text"))
    }
    return text
  }
}
