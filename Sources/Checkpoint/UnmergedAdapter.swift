/// The files by which an adapter is told from the weights of a model.
public enum UnmergedAdapter {
  /// Name of PEFT's configuration.
  package static let config = "adapter_config.json"
  /// What PEFT writes, and the names under which other libraries and older releases write.
  package static let weights = "adapter_model.safetensors"
  /// Name of PEFT's weights as a pickle.
  package static let pickled = "adapter_model.bin"
  /// Name of mlx-lm's weights of an adapter.
  package static let mlxWeights = "adapters.safetensors"

  /// Whether a safetensors file holds an adapter's factors, by its name: `0000100_adapters.safetensors` too, which
  /// mlx-lm leaves while it trains.
  static func holds(_ file: String) -> Bool {
    file == weights || file == mlxWeights || file.hasSuffix("_" + mlxWeights)
  }

  /// Parts of the names that the modules of a model have while PEFT wraps them.
  private static let wrapped: Set<Substring> = [
    "base_layer", "lora_A", "lora_B", "lora_embedding_A", "lora_embedding_B", "lora_magnitude_vector",
    "modules_to_save", "original_module",
  ]

  /// Whether a tensor's name is that of a module that PEFT wraps, as in the state of a model whose adapter was not merged.
  static func wraps(_ tensor: String) -> Bool { tensor.split(separator: ".").contains(where: wrapped.contains) }

  /// The adapter's weights among a folder's files; nil without one.
  static func file(in files: [String]) -> String? { files.first { holds($0) || $0 == pickled } }
}
