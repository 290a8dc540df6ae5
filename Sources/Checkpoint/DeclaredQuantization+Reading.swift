extension DeclaredQuantization {
  private static let formats: Set<String> = [
    "dense", "int-quantized", "float-quantized", "naive-quantized", "pack-quantized", "nvfp4-pack-quantized",
    "mxfp4-pack-quantized", "mxfp8-quantized", "mixed-precision",
  ]

  /// compressed-tensors and ModelOpt: one object for each group of modules. A group in the short form, a list of modules
  /// under the name of a scheme, says nothing here.
  mutating func readGroups(_ fields: QuantizationFields, isCompressedTensors: Bool) throws {
    if isCompressedTensors { try readFormat(fields) }
    guard fields.value["config_groups"] != nil else { return }
    let list = try fields.objects("config_groups") ?? []
    guard !list.isEmpty || !isCompressedTensors else {
      throw fields.refusal("config_groups", "an object with the groups of the weights")
    }
    var declared: [DeclaredQuantization] = []
    for group in list {
      guard group.value.arrayValue == nil else { return }
      guard group.value.members != nil else {
        throw CheckpointError.config(
          file: group.file, field: group.path, expected: "an object", found: group.value.brief)
      }
      if isCompressedTensors { try readFormat(group) }
      if let weights = try group.object("weights") { declared.append(try DeclaredQuantization(weights: weights)) }
    }
    guard let first = declared.first else { return }
    bits = declared.allSatisfy { $0.bits == first.bits } ? first.bits : nil
    groups = declared.allSatisfy { $0.groups == first.groups } ? first.groups : nil
    hasZeroPoints = declared.allSatisfy(\.hasZeroPoints)
    hasColumnOrder = declared.allSatisfy(\.hasColumnOrder)
  }

  private mutating func readFormat(_ fields: QuantizationFields) throws {
    if let format = try fields.word("format"), !Self.formats.contains(format) { foreignFormat = format }
  }

  /// The weights of one group of modules.
  private init(weights: QuantizationFields) throws {
    bits = try weights.integer("num_bits")
    hasZeroPoints = try weights.flag("symmetric") == false
    if let order = weights.value["actorder"], order.boolValue == nil {
      hasColumnOrder = try ["group", "dynamic"].contains(weights.word("actorder") ?? "none")
    } else {
      hasColumnOrder = try weights.flag("actorder") ?? false
    }
    let size = try weights.groupSize("group_size")
    let block = try weights.block("block_structure")
    switch try weights.word("strategy") {
    case nil, "group", "tensor_group": groups = Self.groups(size)
    case "channel": groups = .row
    case "tensor": groups = .matrix
    case "block": groups = block.map { .blocks($0) }
    default: break
    }
  }

  /// GPTQ, AWQ and AutoRound: one object for all modules, and changes of it for some.
  mutating func readTransposed(_ fields: QuantizationFields) throws {
    for key in ["checkpoint_format", "version", "packing_format"] { _ = try fields.word(key) }
    for key in ["sym", "zero_point"] { _ = try fields.flag(key) }
    let changes = try (fields.objects("dynamic") ?? []) + (fields.objects("extra_config") ?? [])
    // Modules of 16 bits have no codes.
    let others = changes.map(\.value).filter { ($0["bits"]?.intValue ?? 0) < 16 }
    func isCommon(_ key: String) -> Bool {
      others.allSatisfy { $0[key] == nil || $0[key] == fields.value[key] }
    }
    let (bits, size) = (try fields.integer("bits"), try fields.groupSize("group_size"))
    let isOrdered = try fields.flag("desc_act") ?? false
    if isCommon("bits") { self.bits = bits }
    if isCommon("group_size") { groups = Self.groups(size) }
    if isCommon("desc_act") { hasColumnOrder = isOrdered }
  }

  private static func groups(_ size: Int?) -> Groups? { size.map { $0 > 0 ? .columns($0) : .row } }
}
