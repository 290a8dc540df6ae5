import Safetensors
import StrictJSON

extension CheckpointFolder {
  /// Refuses weights in a number format that nothing here reads, by the format's name.
  ///
  /// Told by the names of the tensors beside a module's weight, which differ from tool to tool, and by their dtypes.
  /// - Throws: ``CheckpointError/quantizedFormat(path:tensor:format:isHead:isDeclared:)``.
  func requireReadableFormat(ofHead isHead: Bool) throws {
    for name in tensorNames where (HeadPrefix.of(name) != nil) == isHead {
      guard let format = foreignFormat(name) else { continue }
      throw CheckpointError.quantizedFormat(
        path: path, tensor: name, format: format, isHead: isHead,
        isDeclared: quantizationConfig != nil || format == CheckpointFolder.bitsandbytes)
    }
  }

  /// The number format that a tensor's name is a sign of; nil for what is read.
  private func foreignFormat(_ name: String) -> String? {
    guard
      let sign = ForeignSign.all.first(where: {
        name.hasSuffix($0.suffix) || $0.anywhere && name.hasBytes(anywhere: $0.suffix)
      })
    else { return nil }
    let module = name.hasSuffix(sign.suffix) ? String(name.dropLast(sign.suffix.count)) : name
    let dtype = self[name]?.entry.dtype
    // What these tools write is read, or refused with its details, where the configuration says that it is theirs.
    let isOwn = quantizationMethod?.hasPackedCodes ?? false
    switch sign.kind {
    case .bitsandbytes: return CheckpointFolder.bitsandbytes
    case .grouped:
      return transposedForm != nil ? nil : "GPTQ or AWQ" + (declaredMethod.map { " (\($0))" } ?? "")
    case .packed where isOwn, .twoScales where isOwn: return nil
    case .packed:
      if dtype == .i32 { return "int4 or int8 in words (compressed-tensors, pack-quantized)" }
      return self[module + ".weight_global_scale"] == nil
        ? "MXFP4 (compressed-tensors)" : "NVFP4 (compressed-tensors)"
    case .twoScales: return "NVFP4 (\(quantizer(or: "ModelOpt")))"
    case .scale:
      guard let weight = self[module + ".weight"], let scales = self[name] else { return nil }
      let isFloat8 = weight.entry.dtype == .f8e4m3 && (scales.entry.dtype == .f32 || scales.entry.dtype == .bf16)
      return isOwn && !isFloat8 ? nil : scaleFormat(weight.entry, scales.entry)
    }
  }

  /// Whose codes nothing here reads, whatever a configuration says.
  private static let bitsandbytes = "bitsandbytes"

  private func scaleFormat(_ weight: TensorEntry, _ scales: TensorEntry) -> String? {
    switch (weight.dtype, scales.dtype) {
    case (.i8, _): return "int8 (compressed-tensors)"
    // Scales tell the two apart: exponents, or numbers of E4M3.
    case (.u8, .u8), (.u8, .f8e8m0): return "MXFP4 (\(quantizer(or: "ModelOpt")))"
    case (.u8, _): return "NVFP4 (\(quantizer(or: "ModelOpt")))"
    case (.f8e4m3, .f8e8m0)
    where Float8Grid(weight: weight.shape, scales: scales.shape, isDeclared: declaresFloat8) != nil:
      return nil
    case (.f8e4m3, .u8), (.f8e4m3, .f8e8m0): return "MXFP8"
    case (.f8e4m3, .f32), (.f8e4m3, .bf16):
      guard Float8Grid(weight: weight.shape, scales: scales.shape, isDeclared: declaresFloat8) == nil else {
        return nil
      }
      return scales.shape.reduce(1, *) == 1
        ? "FP8 with one scale a matrix" : "FP8 with scales for rows or other blocks than 128 x 128"
    default: return nil
    }
  }

  /// Who quantized the model: as the configuration says, else the tool whose names these are.
  private func quantizer(or tool: String) -> String {
    quantizationMethod == .modelOpt ? "ModelOpt" : declaredMethod ?? tool
  }

  /// The object of `config.json`, at either level; `null` says nothing.
  static func quantizationConfig(_ config: JSONValue) -> JSONValue? {
    [config, config["text_config"]].compactMap { $0?["quantization_config"] }.first { !$0.isNull }
  }

  /// Whether the configuration says that there is FP8.
  var declaresFloat8: Bool { quantizationMethod?.declaresFloat8 ?? false }

  /// Refuses a tensor that no table names by the declared method, when nothing of that is read: the method is what the
  /// person knows, and the tensor one of its many parts.
  /// - Throws: ``CheckpointError/quantizedFormat(path:tensor:format:isHead:isDeclared:)``.
  func requireReadMethod(_ tensor: String, isHead: Bool) throws {
    guard let declaredMethod, quantizationMethod == nil else { return }
    throw CheckpointError.quantizedFormat(
      path: path, tensor: tensor, format: declaredMethod, isHead: isHead, isDeclared: true)
  }
}

/// A name that a quantizer's tensors have, and no plain checkpoint's.
private struct ForeignSign {
  enum Kind { case bitsandbytes, grouped, packed, twoScales, scale }

  let suffix: String
  let kind: Kind
  var anywhere = false

  static let all = [
    ForeignSign(suffix: ".weight.absmax", kind: .bitsandbytes),
    ForeignSign(suffix: ".weight.quant_", kind: .bitsandbytes, anywhere: true),
    ForeignSign(suffix: ".weight.nested_", kind: .bitsandbytes, anywhere: true),
    ForeignSign(suffix: ".SCB", kind: .bitsandbytes), ForeignSign(suffix: ".qweight", kind: .grouped),
    ForeignSign(suffix: ".weight_packed", kind: .packed), ForeignSign(suffix: ".weight_scale_2", kind: .twoScales),
    ForeignSign(suffix: ".weight_scale", kind: .scale),
  ]
}
