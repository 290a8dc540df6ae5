import Checkpoint
import Quantization
import StrictJSON

/// The quantization parameters of a package as its loaders read them: `quantization` for the trunk,
/// `mtplx_mtp_quantization`, else `quantization`, for the head.
struct PackageQuantization {
  let trunk: QuantizationBlock?
  let head: QuantizationBlock?

  init(_ config: JSONValue, file: String) {
    trunk = (config["quantization"] ?? config["quantization_config"]).map { QuantizationBlock(value: $0, file: file) }
    head = config["mtplx_mtp_quantization"].map { QuantizationBlock(value: $0, file: file) } ?? trunk
  }

  /// The format of a quantized tensor: its own entry, else the block's; compared with the shapes of its parts.
  /// - Throws: ``InferenceError/quantization(file:module:expected:found:)``.
  static func format(
    of tensor: PackageTensor, _ block: QuantizationBlock?, file: String
  ) throws -> QuantizationFormat {
    let module = tensor.storedName.hasSuffix(".weight") ? String(tensor.storedName.dropLast(7)) : tensor.storedName
    guard let block else {
      throw InferenceError.quantization(
        file: file, module: module, expected: "a quantization block", found: "none, and the tensor has scales")
    }
    let format = try block.format(of: module)
    let columns = tensor.shape.last ?? 0
    let words = tensor.weight.entry.shape.last ?? 0
    let groups = tensor.scales?.entry.shape.last ?? 0
    let expected = (format.packedWords(columns: columns), format.groups(columns: columns))
    let hasBiases = tensor.biases != nil
    guard columns % format.groupSize == 0, words == expected.0, groups == expected.1, hasBiases == format.hasBiases,
      !hasBiases || tensor.biases?.entry.dtype == tensor.scales?.entry.dtype,
      hasBiases || tensor.scales?.entry.dtype == .u8
    else {
      throw InferenceError.quantization(
        file: file, module: module,
        expected: "\(format.mode.rawValue), \(format.bits) bits, group \(format.groupSize): \(expected.0) words, "
          + "\(expected.1) scales\(format.hasBiases ? " and biases" : " of U8") a row of \(columns)",
        found: "\(words) words, \(groups) scales\(hasBiases ? " and biases" : "")")
    }
    return format
  }
}

/// One quantization block of `config.json`: parameters of the package, and entries for the modules that differ.
struct QuantizationBlock {
  let value: JSONValue
  let file: String

  /// The parameters that loaders take for a module. An entry without `mode` means affine, whatever the block's own
  /// mode is (the class default of mlx-lm); `false` says that the module is not quantized.
  func format(of module: String) throws -> QuantizationFormat {
    let own = value[module]
    if own?.boolValue == false {
      throw InferenceError.quantization(
        file: file, module: module, expected: "no scales, as config.json says false", found: "scales")
    }
    let source = own.flatMap { $0.members == nil ? nil : $0 } ?? value
    let name = source["mode"]?.stringValue ?? QuantizationMode.affine.rawValue
    guard let mode = QuantizationMode(rawValue: name), let bits = source["bits"]?.intValue,
      let group = source["group_size"]?.intValue
    else {
      throw InferenceError.quantization(
        file: file, module: module, expected: "mode, bits and group_size that MLX has",
        found: "mode \(name), bits \(source["bits"]?.typeName ?? "absent"), group_size "
          + "\(source["group_size"]?.typeName ?? "absent")")
    }
    return try QuantizationFormat(mode: mode, bits: bits, groupSize: group)
  }
}
