import StrictJSON

extension AdapterConfig {
  /// Fields that say nothing about what is merged, whatever they hold.
  private static let harmless: Set<String> = [
    "alpha_pattern", "auto_mapping", "base_model_name_or_path", "bias", "eva_config", "exclude_modules",
    "inference_mode",
    "init_lora_weights", "layers_pattern", "layers_to_transform", "lora_alpha", "lora_dropout", "loftq_config",
    "megatron_core", "modules_to_save", "peft_type", "peft_version", "qalora_group_size", "r", "rank_pattern",
    "revision", "runtime_config", "target_modules", "target_parameters", "task_type", "use_dora",
    "use_rslora",
  ]

  /// Ways to begin training that leave the base as it is. The others (PiSSA, OLoRA, CorDA and so on) take something away
  /// from the base's own weights, to which the factors then belong.
  private static let beginnings: Set<String> = ["gaussian", "eva", "orthogonal"]

  /// Refuses by name what is no LoRA adapter, or one with an option that changes what merging means.
  static func refuse(_ value: JSONValue, _ file: String) throws {
    let next = "merge it with PEFT (merge_and_unload) and name the result as source"
    if value["peft_type"] == nil, value["lora_parameters"] != nil || value["fine_tune_type"] != nil {
      throw AdapterError.unsupported(
        file: file, tensor: nil, what: "an adapter of mlx-lm",
        next: "fuse it with mlx_lm.fuse and name the result as source")
    }
    guard value["peft_type"]?.stringValue == "LORA" else {
      throw AdapterError.unsupported(file: file, tensor: nil, what: "peft_type \(text(value["peft_type"]))", next: next)
    }
    if let word = value["init_lora_weights"]?.stringValue, !beginnings.contains(word.lowercased()) {
      throw AdapterError.unsupported(file: file, tensor: nil, what: "init_lora_weights \(word)", next: next)
    }
    for member in value.members ?? [] where !harmless.contains(member.key) && !isVoid(member.value) {
      throw AdapterError.unsupported(file: file, tensor: nil, what: "\(member.key) \(text(member.value))", next: next)
    }
  }

  /// Whether a field is not there, or says no.
  static func isVoid(_ value: JSONValue?) -> Bool {
    guard let value else { return true }
    if let list = value.arrayValue { return list.isEmpty }
    if let members = value.members { return members.isEmpty }
    return value == .null || value.boolValue == false
  }

  static func text(_ value: JSONValue?) -> String {
    value.map { String(decoding: JSONWriter.canonical($0).prefix(60), as: UTF8.self) } ?? "nothing"
  }

  static func names(_ value: JSONValue, _ field: String, _ file: String) throws -> [String] {
    guard let list = value[field], list != .null else { return [] }
    let names = (list.arrayValue ?? []).compactMap(\.stringValue)
    guard let count = list.arrayValue?.count, count == names.count else {
      throw AdapterError.config(file: file, field: field, expected: "a list of names", found: text(list))
    }
    return names
  }

  /// A field that says yes or no; no without it.
  static func flag(_ value: JSONValue, _ field: String, _ file: String) throws -> Bool {
    guard let found = value[field], found != .null else { return false }
    guard let flag = found.boolValue else {
      throw AdapterError.config(file: file, field: field, expected: "true or false", found: text(found))
    }
    return flag
  }

  /// One layer's number, or a list of them; nil for all layers.
  static func layers(_ value: JSONValue, _ file: String) throws -> [Int]? {
    guard let found = value["layers_to_transform"], found != .null else { return nil }
    if let number = found.intValue { return [number] }
    let numbers = (found.arrayValue ?? []).compactMap(\.intValue)
    guard let count = found.arrayValue?.count, count == numbers.count else {
      throw AdapterError.config(
        file: file, field: "layers_to_transform", expected: "a list of layers", found: text(found))
    }
    return numbers
  }

  static func targets(_ value: JSONValue?, _ file: String) throws -> Targets {
    guard let value, value != .null else { return .any }
    if let text = value.stringValue {
      return text == "all-linear" ? .any : .pattern(try pattern(text, "target_modules", file))
    }
    return .names(try names(.object([("target_modules", value)]), "target_modules", file))
  }

  static func patterns(
    _ value: JSONValue, _ field: String, _ file: String
  ) throws -> [(pattern: ModulePattern, value: Double)] {
    guard let map = value[field], map != .null else { return [] }
    guard let members = map.members else {
      throw AdapterError.config(file: file, field: field, expected: "an object", found: text(map))
    }
    return try members.map { member in
      guard let number = member.value.doubleValue, number.isFinite,
        field == "alpha_pattern" || (1...65536).contains(number)
      else {
        throw AdapterError.config(file: file, field: field, expected: "numbers", found: text(member.value))
      }
      return (try pattern(member.key, field, file), number)
    }
  }

  private static func pattern(_ text: String, _ field: String, _ file: String) throws -> ModulePattern {
    guard let pattern = ModulePattern(text) else {
      throw AdapterError.unsupported(
        file: file, tensor: nil, what: "\(field) with the pattern \(text.prefix(80))",
        next: "write it without look-around and references, or merge the adapter with PEFT")
    }
    return pattern
  }
}
