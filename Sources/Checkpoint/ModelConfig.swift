import Diagnostics
import StrictJSON

/// The facts of a `config.json` that decide names and shapes, under the symbols of the architecture tables.
///
/// Field names and defaults follow the configuration classes of the transformers library
/// (`qwen3_next`, `qwen3_5`, `qwen3_5_moe`).
public struct ModelConfig: Sendable {
  /// `model_type` of the top level.
  public let modelType: String
  /// Symbols of the dimension expressions, such as `H` (hidden size) or `Nq` (query heads).
  public let symbols: [String: Int]
  /// Whether each decoder layer is a full-attention layer (else Gated DeltaNet).
  public let fullAttention: [Bool]
  /// Whether the feed-forward part of each decoder layer is a mixture of experts.
  public let sparse: [Bool]
  /// Whether the output projection is the embedding.
  public internal(set) var tiedEmbeddings: Bool
  /// Number of MTP layers that the configuration promises; nil when it says nothing.
  public let declaredMTPLayers: Int?
  /// Whether a vision tower is configured.
  public let hasVision: Bool
  /// What is wrong with the tower's configuration. Only a model that has the tower's tensors is refused for it: tools that
  /// leave the tower out leave a `vision_config` without sizes, or none.
  let visionProblem: CheckpointError?
  /// Dtype that the stock converters cast to: `torch_dtype`, else `text_config.dtype`; nil when neither is stated.
  public let stockDType: String?

  /// A number by its symbol, such as `H` for the hidden size; 0 for one that this architecture does not have.
  public subscript(symbol: String) -> Int { symbols[symbol] ?? 0 }

  /// Sizes that the configuration of a text model leaves to the defaults of transformers; other readers have others.
  public static func unstated(in text: JSONValue) -> [(field: String, value: Int)] {
    ConfigField.text.compactMap { field in
      guard let fallback = field.fallback, text[field.name]?.isNull ?? true else { return nil }
      return (field.name, fallback)
    }
  }

  /// What transformers takes for a `rope_theta` that is stated nowhere, in every model of the family
  /// (`RotaryEmbeddingConfigMixin.default_theta`). mlx-lm takes 100,000.
  public static let defaultTheta = 10_000

  /// The `rope_theta` of a text model's fields, wherever it is; nil when it is nowhere.
  public static func theta(in text: JSONValue) -> JSONValue? {
    let rope = [text["rope_parameters"], text["rope_scaling"]].compactMap { $0 }.first { $0.members != nil }
    return [rope?["rope_theta"], text["rope_theta"]].compactMap { $0 }.first { !$0.isNull }
  }

  /// The interval that says which layers have full attention; nil when they follow none.
  public var fullAttentionInterval: Int? {
    let interval = (fullAttention.firstIndex(of: true) ?? fullAttention.count) + 1
    return fullAttention.indices.allSatisfy { fullAttention[$0] == (($0 + 1) % interval == 0) } ? interval : nil
  }

  /// Reads a configuration.
  /// - Throws: ``CheckpointError`` for an unknown architecture or a field out of range.
  public init(_ root: JSONValue, file: String) throws {
    guard case .object = root.content else {
      throw CheckpointError.config(file: file, field: "the document", expected: "an object", found: "another type")
    }
    guard let modelType = root["model_type"]?.stringValue else {
      throw CheckpointError.config(file: file, field: "model_type", expected: "a string", found: "nothing")
    }
    if modelType == ModelConfig.drafterType {
      self = try ModelConfig(ModelConfig.drafterText(root, file: file), file: file)
      return
    }
    self.modelType = modelType
    guard let table = ArchitectureTable.named(modelType) else {
      let classes = (root["architectures"]?.arrayValue ?? []).compactMap(\.stringValue)
      let drafter = classes.first { name in ["Draft", "Eagle", "Medusa"].contains { name.hasBytes(anywhere: $0) } }
      throw CheckpointError.architectureUnknown(file: file, modelType: modelType, drafter: drafter)
    }
    guard let text = ModelConfig.text(of: root) else {
      throw CheckpointError.config(file: file, field: "text_config", expected: "an object", found: "nothing")
    }
    let reader = FieldReader(file: file)
    try reader.requireOneRope(text)
    try reader.requireSilu(text)
    var symbols: [String: Int] = [:]
    for field in table.fields {
      symbols[field.symbol] = try reader.integer(text, field)
    }
    let vision = root["vision_config"]
    hasVision = table.wrapped && !(vision?.isNull ?? true)
    var problem: CheckpointError?
    if hasVision, let vision {
      do throws(CheckpointError) {
        symbols.merge(try reader.tower(vision)) { text, _ in text }
      } catch {
        problem = error
      }
    } else if table.wrapped {
      problem = .config(
        file: file, field: "vision_config", expected: "an object with the sizes of the tower", found: "nothing")
    }
    visionProblem = problem
    for (symbol, expression) in ConfigField.derived {
      symbols[symbol] = try Dimension.evaluate(expression, symbols, file: file)
    }
    self.symbols = symbols
    let layers = symbols["L"] ?? 0
    fullAttention = try reader.layerKinds(text, layers: layers)
    sparse = try reader.sparseLayers(text, layers: layers, table: table, experts: symbols["E"] ?? 0)
    tiedEmbeddings = text["tie_word_embeddings"]?.boolValue ?? root["tie_word_embeddings"]?.boolValue ?? false
    declaredMTPLayers = try reader.mtpLayers(text: text, root: root)
    stockDType = root["torch_dtype"]?.stringValue ?? root["text_config"]?["dtype"]?.stringValue
  }
}

extension ModelConfig {
  /// The text model's fields: those of `text_config`, or the top level's where there is no such object, as in the flat
  /// configurations of text models. A wrapper's may be flat, too: so mlx-lm reads them.
  /// - Returns: nil for a wrapper that says nothing of its text model.
  public static func text(of root: JSONValue) -> JSONValue? {
    guard let table = root["model_type"]?.stringValue.flatMap(ArchitectureTable.named), table.wrapped else {
      return root
    }
    let nested = root["text_config"]
    // A JSON null can be written as nil, too: what returns nothing says so by itself.
    guard nested?.isNull ?? true else { return nested?.members == nil ? Optional.none : nested }
    guard ["vocab_size", "hidden_size", "num_hidden_layers"].allSatisfy({ root[$0] != nil }) else { return nil }
    return root
  }

  /// Whether a wrapper's text model is configured at the top level.
  public static func isFlatWrapper(_ root: JSONValue) -> Bool {
    let table = root["model_type"]?.stringValue.flatMap(ArchitectureTable.named)
    return table?.wrapped == true && root["text_config"]?.members == nil
  }
}

/// One integer of the configuration.
struct ConfigField: Sendable {
  let symbol: String
  let name: String
  let range: ClosedRange<Int>
  let fallback: Int?

  init(_ symbol: String, _ name: String, _ range: ClosedRange<Int> = 1...(1 << 24), default fallback: Int? = nil) {
    self.symbol = symbol
    self.name = name
    self.range = range
    self.fallback = fallback
  }

  static let text: [ConfigField] = [
    ConfigField("V", "vocab_size"), ConfigField("H", "hidden_size"), ConfigField("L", "num_hidden_layers", 1...10_000),
    ConfigField("Nq", "num_attention_heads", 1...65_536), ConfigField("Nkv", "num_key_value_heads", 1...65_536),
    ConfigField("D", "head_dim", 1...65_536, default: 256),
    ConfigField("Hk", "linear_num_key_heads", 1...65_536, default: 16),
    ConfigField("Hv", "linear_num_value_heads", 1...65_536, default: 32),
    ConfigField("dk", "linear_key_head_dim", 1...65_536, default: 128),
    ConfigField("dv", "linear_value_head_dim", 1...65_536, default: 128),
    ConfigField("K", "linear_conv_kernel_dim", 1...1_024, default: 4),
  ]
  static let dense = [ConfigField("I", "intermediate_size")]
  static let experts = [
    ConfigField("E", "num_experts", 1...65_536), ConfigField("Im", "moe_intermediate_size"),
    ConfigField("Is", "shared_expert_intermediate_size"),
  ]
  static let optionalDense = [ConfigField("I", "intermediate_size", default: 1)]
  static let vision: [ConfigField] = [
    ConfigField("Lv", "depth", 1...10_000), ConfigField("Hx", "hidden_size"), ConfigField("Ix", "intermediate_size"),
    ConfigField("Cin", "in_channels", 1...1_024, default: 3), ConfigField("P", "patch_size", 1...1_024, default: 16),
    ConfigField("Tp", "temporal_patch_size", 1...1_024, default: 2),
    ConfigField("m", "spatial_merge_size", 1...64, default: 2), ConfigField("Np", "num_position_embeddings"),
  ]
  /// Width of all keys, of all values, convolution channels, merger input.
  static let derived: [(String, String)] = [
    ("Kd", "Hk*dk"), ("Vd", "Hv*dv"), ("C", "2*Kd+Vd"), ("M", "m*m*Hx"),
  ]
}

/// Reads integers of a configuration with errors that name the field.
struct FieldReader {
  let file: String

  func integer(_ object: JSONValue, _ field: ConfigField) throws(CheckpointError) -> Int {
    guard let value = object[field.name], !value.isNull else {
      if let fallback = field.fallback { return fallback }
      throw CheckpointError.config(file: file, field: field.name, expected: "an integer", found: "nothing")
    }
    guard let number = value.intValue, field.range.contains(number) else {
      throw CheckpointError.config(
        file: file, field: field.name,
        expected: "an integer from \(field.range.lowerBound) to \(field.range.upperBound)",
        found: value.brief)
    }
    return number
  }

  /// Refuses a `rope_scaling` that says something else than the `rope_parameters` beside it. transformers takes the former
  /// then (`modeling_rope_utils.py`), and its own `rope_theta`; readers of MLX take the latter.
  func requireOneRope(_ text: JSONValue) throws(CheckpointError) {
    guard let older = text["rope_scaling"]?.members, let newer = text["rope_parameters"], newer.members != nil else {
      return
    }
    let kind = { (rope: (String) -> JSONValue?) in (rope("rope_type") ?? rope("type"))?.stringValue ?? "default" }
    let olderKind = kind { name in older.first { $0.key == name }?.value }
    let newerKind = kind { newer[$0] }
    guard olderKind == newerKind else {
      throw .config(
        file: file, field: "rope_scaling", expected: "what rope_parameters says, \(newerKind), or nothing",
        found: olderKind)
    }
    for member in older where !member.value.isNull && !["type", "rope_type"].contains(member.key) {
      let (name, value, other) = (member.key, member.value, newer[member.key])
      let isSame = other == value || other?.doubleValue.map { $0 == value.doubleValue } ?? false
      guard isSame else {
        throw .config(
          file: file, field: "\(name) of rope_scaling",
          expected: "\(other?.brief ?? "nothing"), as rope_parameters says",
          found: value.brief)
      }
    }
  }

  /// Refuses another activation, and attention without its output gate: readers of MLX compute silu and the gate whatever
  /// the configuration says, and the package would be another model there.
  func requireSilu(_ text: JSONValue) throws(CheckpointError) {
    if let found = text["hidden_act"], !found.isNull, !["silu", "swish"].contains(found.stringValue ?? "") {
      throw .config(file: file, field: "hidden_act", expected: "silu or swish", found: found.brief)
    }
    if let found = text["attn_output_gate"], !found.isNull, found.boolValue != true {
      throw .config(file: file, field: "attn_output_gate", expected: "true", found: found.brief)
    }
  }

  /// Sizes of the vision tower, all of them or none.
  func tower(_ vision: JSONValue) throws(CheckpointError) -> [String: Int] {
    var symbols: [String: Int] = [:]
    for field in ConfigField.vision { symbols[field.symbol] = try integer(vision, field) }
    return symbols
  }

  /// Full attention or not, by layer: `layer_types`, else every `full_attention_interval`-th layer.
  func layerKinds(_ text: JSONValue, layers: Int) throws -> [Bool] {
    if let list = text["layer_types"]?.arrayValue {
      guard list.count == layers else {
        throw CheckpointError.config(
          file: file, field: "layer_types", expected: "\(layers) entries, one a layer", found: "\(list.count) entries")
      }
      return try list.map { entry in
        switch entry.stringValue {
        case "full_attention": true
        case "linear_attention": false
        default:
          throw CheckpointError.config(
            file: file, field: "layer_types", expected: "full_attention or linear_attention", found: entry.brief)
        }
      }
    }
    let interval = try integer(text, ConfigField("", "full_attention_interval", 1...10_000, default: 4))
    return (0..<layers).map { ($0 + 1) % interval == 0 }
  }

  /// Mixture of experts or not, by layer (`decoder_sparse_step` and `mlp_only_layers` count for qwen3_next only).
  func sparseLayers(_ text: JSONValue, layers: Int, table: ArchitectureTable, experts: Int) throws -> [Bool] {
    guard table.mixture, experts > 0 else { return Array(repeating: false, count: layers) }
    guard !table.wrapped, table.modelType == "qwen3_next" else { return Array(repeating: true, count: layers) }
    let step = try integer(text, ConfigField("", "decoder_sparse_step", 1...10_000, default: 1))
    let dense = Set((text["mlp_only_layers"]?.arrayValue ?? []).compactMap(\.intValue))
    return (0..<layers).map { !dense.contains($0) && ($0 + 1) % step == 0 }
  }

  func mtpLayers(text: JSONValue, root: JSONValue) throws -> Int? {
    for name in ["mtp_num_hidden_layers", "num_nextn_predict_layers"] {
      for object in [text, root] {
        if let value = object[name], !value.isNull {
          return try integer(object, ConfigField("", name, 0...64))
        }
      }
    }
    return nil
  }
}

extension JSONValue {
  /// The value in a few characters, for messages.
  var brief: String {
    switch content {
    case .null: "null"
    case .bool(let flag): flag ? "true" : "false"
    case .number(let spelling): String(spelling.prefix(40))
    case .string(let text): "\"\(text.prefix(40))\""
    case .array(let list): "an array of \(list.count)"
    case .object: "an object"
    }
  }
}
