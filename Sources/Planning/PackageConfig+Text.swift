import Checkpoint
import StrictJSON

extension PackageConfig {
  private static let ties = "tie_word_embeddings"
  /// What is said of a whole model, whose text model may have it, too.
  private static let shared = ["eos_token_id", "bos_token_id", "pad_token_id", ties, "torch_dtype", "dtype"]
  /// What is a wrapper's alone, and never of the text model in it.
  private static let ofWrapper = [
    "vision_config", "image_token_id", "video_token_id", "vision_start_token_id", "vision_end_token_id",
    "language_model_only",
  ]

  /// A wrapper's configuration with its text model in a separate object: mlx-vlm looks nowhere else.
  func nested(_ config: JSONValue) -> JSONValue {
    ModelConfig.isFlatWrapper(config) ? wrapped(config, resolution.source.table.modelType) : config
  }

  /// A flat text configuration in that of a wrapper, which mlx-lm knows, too: it has no class for `qwen3_5_text`.
  func wrapped(_ config: JSONValue, _ modelType: String) -> JSONValue {
    let quantization = ["quantization", "quantization_config", QuantizationBlocks.headKey]
    var text = config
    for key in quantization + PackageConfig.ofWrapper + ["architectures", "text_config"] { text.removeKey(key) }
    text.set("model_type", to: .string(modelType + "_text"))
    var members: [(String, JSONValue)] = []
    if config["architectures"] != nil {
      let kind = resolution.source.table.mixture ? "Qwen3_5Moe" : "Qwen3_5"
      members.append(("architectures", [.string(kind + "ForConditionalGeneration")]))
    }
    members.append(("model_type", .string(modelType)))
    members += (PackageConfig.ofWrapper + PackageConfig.shared + quantization).compactMap { key in
      config[key].map { (key, $0) }
    }
    return .object(members + [("text_config", text)])
  }

  /// `tie_word_embeddings` as the tensors have it. Readers look for it in the text model's configuration, and take false
  /// where it is not.
  func settleTies(_ config: inout JSONValue) {
    let isTied = resolution.source.model.tiedEmbeddings
    let settle = { (object: inout JSONValue, isNeeded: Bool) in
      let found = object[PackageConfig.ties]
      guard found?.boolValue != isTied, found != nil || isNeeded else { return }
      object.set(PackageConfig.ties, to: .bool(isTied))
    }
    if var text = config["text_config"], text.members != nil {
      settle(&text, isTied)
      config.set("text_config", to: text)
      settle(&config, false)
    } else {
      settle(&config, isTied)
    }
  }
}
