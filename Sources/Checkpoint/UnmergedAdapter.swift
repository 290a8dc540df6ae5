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

  /// The adapter's weights among a folder's files; nil without one.
  static func file(in files: [String]) -> String? { files.first { holds($0) || $0 == pickled } }
}
