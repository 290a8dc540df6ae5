import Checkpoint
import Quantization
import StrictJSON

/// The quantization parameters in `config.json`, compared with those that the tensors themselves show.
///
/// Loaders read `quantization` for the trunk, and `mtplx_mtp_quantization`, else `quantization`, for the head.
struct PackageQuantization {
  static let headKey = "mtplx_mtp_quantization"

  private let block: JSONValue?
  private let file: String

  /// - Parameter key: A key to look for before `quantization`.
  init(_ folder: CheckpointFolder, key: String?) {
    let config = folder.config
    block = key.flatMap { config[$0] } ?? config["quantization"] ?? config["quantization_config"]
    file = folder.configPath.string
  }

  /// Compares with a packed matrix. An entry without `mode` means affine, whatever the block's mode is (the class
  /// default of mlx-lm); `false` says that the module is not quantized.
  /// - Throws: ``InferenceError/quantization(file:module:expected:found:)``.
  func check(_ tensor: ResolvedTensor, _ packing: Packing) throws(InferenceError) {
    let name = tensor.sources.first ?? tensor.name
    let module = name.hasSuffix(".weight") ? String(name.dropLast(".weight".count)) : name
    guard let block else {
      throw .quantization(file: file, module: module, expected: "no scales: there is no block", found: packing.summary)
    }
    // A head in a separate folder has names without `mtp.`.
    let own = block[module] ?? (module.hasPrefix("mtp.") ? block[String(module.dropFirst("mtp.".count))] : nil)
    if own?.boolValue == false {
      throw .quantization(file: file, module: module, expected: "no scales, as it says false", found: packing.summary)
    }
    var source = block
    if let own, own.members != nil { source = own }
    let mode = source["mode"]?.stringValue ?? QuantizationMode.affine.rawValue
    guard number("bits", source, mode) == packing.bits, number("group_size", source, mode) == packing.groupSize,
      mode == packing.mode
    else {
      throw .quantization(
        file: file, module: module,
        expected: "\(mode) \(PackageQuantization.spelling(source["bits"]))/"
          + PackageQuantization.spelling(source["group_size"]), found: packing.summary)
    }
  }

  /// A parameter; `null` means the mode's own, as in MLX.
  private func number(_ key: String, _ block: JSONValue, _ mode: String) -> Int? {
    guard let value = block[key], value.isNull else { return block[key]?.intValue }
    guard let format = QuantizationMode(rawValue: mode).flatMap({ try? QuantizationFormat(mode: $0) }) else {
      return nil
    }
    return key == "bits" ? format.bits : format.groupSize
  }

  private static func spelling(_ value: JSONValue?) -> String { value?.intValue.map(String.init) ?? "?" }
}
