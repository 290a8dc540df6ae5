import Safetensors
import StrictJSON

extension TensorResolver {
  /// What GPTQ and AWQ call the codes of a matrix `….weight`.
  static func transposedName(_ source: String) -> String {
    source.hasSuffix(".weight") ? source.dropLast("weight".count) + "qweight" : source
  }

  /// The codes of a matrix that GPTQ or AWQ quantized; nil for any other.
  ///
  /// `[in, out]` in words along one of both axes, with `[groups, out]` scales and zero points in words along `out`. Bits are
  /// told by the shapes; the order in the words and what the zero points mean, only by the configuration.
  /// - Throws: ``CheckpointError/quantizedFormat(path:tensor:format:isHead:isDeclared:)`` for a layout that is not read,
  ///   ``CheckpointError/tensorMissing(path:tensors:count:)`` for codes without scales, zero points or the order of columns
  ///   that is declared, ``CheckpointError/config(file:field:expected:found:)`` for a field of another type.
  mutating func transposedCodes(
    _ source: String, _ stored: (name: String, place: CheckpointFolder.Place), _ shape: [Int]
  ) throws -> GroupedCodes? {
    guard stored.name.hasSuffix(".qweight"), shape.count == 2 else { return nil }
    let module = stored.name.dropLast("qweight".count)
    let declared = try declaration()
    let (bits, layout) = try layout(stored.name, stored.place.entry, shape)
    let scales = try part(module + "scales")
    let zeros = try part(module + "qzeros")
    guard let scale = GroupedCodes.Scale(scales.entry.dtype, of: .offset(bits: bits)), scales.entry.shape.count == 2,
      scales.entry.shape[1] == shape[0], scales.entry.shape[0] > 0
    else { throw refusal(module + "scales", "\(scales.entry.dtype.rawValue) \(scales.entry.shape)") }
    let groups = scales.entry.shape[0]
    guard zeros.entry.dtype == .i32, zeros.entry.shape == [groups, shape[0] * bits / 32] else {
      throw refusal(module + "qzeros", "\(zeros.entry.dtype.rawValue) \(zeros.entry.shape)")
    }
    var codes = GroupedCodes(
      code: .offset(bits: bits), matrix: shape, grid: [shape[0], groups], scale: scale,
      scales: range(scales, 0, scales.entry.byteCount))
    codes.zeroPoints = range(zeros, 0, zeros.entry.byteCount)
    codes.layout = layout
    codes.valueDType = folder.valueDType(of: scale)
    if layout != .awq {
      if declared.hasColumnOrder { try part(module + "g_idx") }
      try addGroupIndices(module + "g_idx", to: &codes)
    }
    guard codes.groupIndices != nil || shape[1] % groups == 0 else {
      throw refusal(module + "scales", "\(groups) groups of \(shape[1]) columns, and no g_idx")
    }
    try require(declared, of: codes, stored.name, scales: module + "scales")
    for name in [stored.name, module + "scales", module + "qzeros"] { use(name) }
    return codes
  }

  private func layout(_ name: String, _ entry: TensorEntry, _ shape: [Int]) throws -> (Int, GroupedCodes.Layout) {
    let (rows, columns) = (shape[0], shape[1])
    let form = folder.transposedForm ?? "none"
    let found = "words of \(entry.dtype.rawValue) \(entry.shape)"
    guard entry.dtype == .i32, entry.shape.count == 2 else { throw refusal(name, found) }
    if form == "awq" {
      guard rows % 8 == 0, entry.shape == [columns, rows / 8] else { throw refusal(name, found) }
      return (4, .awq)
    }
    guard ["gptq", "gptq_v2"].contains(form) else { throw refusal(name, "the layout \(form)") }
    let bits = [2, 4, 8].first {
      rows * $0 % 32 == 0 && columns * $0 % 32 == 0 && entry.shape == [columns * $0 / 32, rows]
    }
    guard let bits else {
      throw refusal(name, (folder.quantizationConfig?["bits"]?.intValue).map { "\($0) bits in \(found)" } ?? found)
    }
    let steps: [Int: UInt32] = [2: 0x5555_5555, 4: 0x1111_1111, 8: 0x0101_0101]
    return (bits, .gptq(zeroStep: form == "gptq" ? steps[bits] ?? 0 : 0))
  }
}

extension QuantizationMethod {
  /// How transposed codes are to be understood: `gptq`, whose zero points are stored less one, `gptq_v2` or `awq`;
  /// another word for a layout that is not read; nil where the configuration says nothing of such codes.
  /// - Parameter config: `quantization_config`.
  func transposedForm(_ config: JSONValue) -> String? {
    let word = { (key: String) in config[key]?.stringValue?.lowercased() }
    switch self {
    case .gptq: return word("checkpoint_format") ?? "gptq"
    case .awq:
      let version = word("version") ?? "gemm"
      return version == "gemm" ? "awq" : version
    case .autoRound:
      let packing = word("packing_format") ?? "auto_round"
      let known = [
        "auto_round": "gptq_v2", "auto_round:gptqmodel": "gptq_v2", "auto_round:auto_gptq": "gptq",
        "auto_round:auto_awq": "awq",
      ]
      return known[packing] ?? packing
    case .compressedTensors, .modelOpt, .float8, .bitsandbytes: return nil
    }
  }
}
