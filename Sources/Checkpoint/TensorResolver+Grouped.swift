import Safetensors

extension TensorResolver {
  /// Where a weight is: under its name, or under that of its codes.
  func stored(_ source: String) -> (name: String, place: CheckpointFolder.Place)? {
    if let place = folder[source] { return (source, place) }
    guard source.hasSuffix(".weight") else { return nil }
    for name in [source + "_packed", TensorResolver.transposedName(source)] {
      if let place = folder[name] { return (name, place) }
    }
    return nil
  }

  /// The codes of a matrix that compressed-tensors, ModelOpt, GPTQ or AWQ quantized; nil for any other.
  /// - Throws: ``CheckpointError/quantizedFormat(path:tensor:format:isHead:isDeclared:)`` for a layout that is not read or not
  ///   the declared one, ``CheckpointError/tensorMissing(path:tensors:count:)`` for codes without a tensor that their format
  ///   or the configuration promises, ``CheckpointError/config(file:field:expected:found:)`` for a field of another type.
  mutating func groupedCodes(
    _ source: String, _ stored: (name: String, place: CheckpointFolder.Place), _ shape: [Int]
  ) throws -> GroupedCodes? {
    if let codes = try transposedCodes(source, stored, shape) { return codes }
    let method = folder.quantizationMethod
    guard source.hasSuffix(".weight"), shape.count == 2, method?.hasPackedCodes == true,
      let scales = folder[source + "_scale"]
    else { return nil }
    let declared = try declaration()
    if let format = declared.foreignFormat { throw refusal(stored.name, "the format \(format)") }
    let packed = stored.place.entry
    guard let code = code(packed, scales.entry, shape, isPacked: stored.name != source) else {
      guard stored.name != source || packed.dtype == .u8 else { return nil }
      throw refusal(stored.name, "words of \(packed.dtype.rawValue) \(packed.shape)")
    }
    guard let scale = GroupedCodes.Scale(scales.entry.dtype, of: code),
      let grid = grid(scales.entry.shape, shape)
    else { throw refusal(source + "_scale", "scales \(scales.entry.dtype.rawValue) \(scales.entry.shape)") }
    var codes = GroupedCodes(
      code: code, matrix: shape, grid: grid, scale: scale, scales: range(scales, 0, scales.entry.byteCount))
    codes.valueDType = folder.valueDType(of: scale)
    if declared.hasColumnOrder { try part(source + "_g_idx") }
    try addGroupIndices(source + "_g_idx", to: &codes)
    try require(declared, of: codes, stored.name, scales: source + "_scale")
    for name in [stored.name, source + "_scale"] { use(name) }
    try addGlobal(source, to: &codes)
    if codes.scale == .e4m3, codes.global == nil {
      try part(source + (method == .modelOpt ? "_scale_2" : "_global_scale"))
    }
    if declared.hasZeroPoints { try part(source + "_zero_point") }
    try addZeroPoints(source, to: &codes)
    try requireStoredShape(source + "_shape", shape)
    if folder[source + "_shape"] != nil { use(source + "_shape") }
    return codes
  }

  /// What the codes are, by dtype and shape.
  private func code(
    _ packed: TensorEntry, _ scales: TensorEntry, _ shape: [Int], isPacked: Bool
  ) -> GroupedCodes.Code? {
    let (rows, columns) = (shape[0], shape[1])
    switch (packed.dtype, isPacked) {
    case (.i32, true):
      return [4, 8].first { columns * $0 % 32 == 0 && packed.shape == [rows, columns * $0 / 32] }
        .map { .offset(bits: $0) }
    case (.u8, _): return columns % 2 == 0 && packed.shape == [rows, columns / 2] ? .e2m1 : nil
    case (.i8, false): return packed.shape == shape ? .int8 : nil
    case (.f8e4m3, false): return packed.shape == shape && scales.dtype == .u8 ? .e4m3 : nil
    default: return nil
    }
  }

  /// Rows and columns of the scales, whose groups must divide the rows of the matrix.
  private func grid(_ scales: [Int], _ matrix: [Int]) -> [Int]? {
    if scales.allSatisfy({ $0 == 1 }) { return [1, 1] }
    if scales == [matrix[0]] { return [matrix[0], 1] }
    guard scales.count == 2, scales[0] == matrix[0], scales[1] > 0, matrix[1] % scales[1] == 0 else { return nil }
    return scales
  }

  private mutating func addGlobal(_ source: String, to codes: inout GroupedCodes) throws {
    for (suffix, divides) in [("_global_scale", true), ("_scale_2", false)] {
      guard let place = folder[source + suffix] else { continue }
      guard codes.scale == .e4m3, place.entry.dtype == .f32, place.entry.byteCount == 4 else {
        throw refusal(source + suffix, "\(place.entry.dtype.rawValue) \(place.entry.shape)")
      }
      codes.global = range(place, 0, 4)
      codes.dividesByGlobal = divides
      use(source + suffix)
    }
  }

  private mutating func addZeroPoints(_ source: String, to codes: inout GroupedCodes) throws {
    guard let place = folder[source + "_zero_point"] else { return }
    let perWord = 32 / codes.code.bits
    guard case .offset = codes.code, place.entry.dtype == .i32,
      place.entry.shape == [(codes.grid[0] + perWord - 1) / perWord, codes.grid[1]]
    else { throw refusal(source + "_zero_point", "\(place.entry.dtype.rawValue) \(place.entry.shape)") }
    codes.zeroPoints = range(place, 0, place.entry.byteCount)
    use(source + "_zero_point")
  }

  /// Which group each column is of, where that is stored.
  mutating func addGroupIndices(_ name: String, to codes: inout GroupedCodes) throws {
    guard let place = folder[name] else { return }
    guard place.entry.dtype == .i32, place.entry.shape == [codes.matrix[1]] else {
      throw refusal(name, "\(place.entry.dtype.rawValue) \(place.entry.shape)")
    }
    codes.groupIndices = range(place, 0, place.entry.byteCount)
    use(name)
  }

  func refusal(_ tensor: String, _ found: String) -> CheckpointError {
    .quantizedFormat(
      path: folder.path, tensor: tensor, format: "\(folder.declaredMethod ?? "packed"): \(found)",
      isHead: HeadPrefix.of(tensor) != nil, isDeclared: true)
  }
}

extension CheckpointFolder {
  /// The type of what codes represent: that of F16 scales, unless the configuration says that the model is in BF16, as
  /// which the other tensors are then.
  func valueDType(of scale: GroupedCodes.Scale) -> DType {
    guard scale == .f16 else { return .bf16 }
    let text = config["text_config"]
    let declared = [config["dtype"], config["torch_dtype"], text?["dtype"], text?["torch_dtype"]]
    return declared.contains { $0?.stringValue == "bfloat16" } ? .bf16 : .f16
  }
}

extension GroupedCodes.Scale {
  /// How a scale is stored; nil when codes of this kind have no such scale.
  init?(_ dtype: DType, of code: GroupedCodes.Code) {
    switch (dtype, code) {
    case (.f8e4m3, .e2m1): self = .e4m3
    case (.u8, .e2m1), (.u8, .e4m3): self = .e8m0
    case (.bf16, .offset), (.bf16, .int8): self = .bf16
    case (.f16, .offset), (.f16, .int8): self = .f16
    case (.f32, .offset), (.f32, .int8): self = .f32
    default: return nil
    }
  }
}
