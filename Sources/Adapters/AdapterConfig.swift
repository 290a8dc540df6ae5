import Files
import StrictJSON
import SystemPackage

/// `adapter_config.json` of a LoRA adapter, as PEFT writes it.
public struct AdapterConfig: Sendable {
  /// Which modules have factors.
  enum Targets: Sendable {
    /// Names, or ends of names after a dot.
    case names([String])
    case pattern(ModulePattern)
    /// The modules that the library chose by the architecture.
    case any
  }

  let file: String
  /// `r`, the rank of modules that no pattern names.
  public let rank: Int
  let alpha: Double
  /// Whether the scale is alpha over the root of the rank.
  let isRankStabilized: Bool
  /// Whether each row of a merged matrix is scaled to its own length (DoRA).
  let hasMagnitudes: Bool
  let rankPattern: [(pattern: ModulePattern, value: Double)]
  let alphaPattern: [(pattern: ModulePattern, value: Double)]
  let targets: Targets
  /// Parameters of modules that are no linear layers: `mlp.experts.down_proj`.
  let parameters: [String]
  let modulesToSave: [String]
  /// Layers that were adapted; nil for all.
  let layers: [Int]?
  let hasExclusions: Bool
  /// The base that it was trained on, as the person who trained it named it.
  public let base: String?

  /// - Throws: `FileError`, `JSONError`, ``AdapterError``.
  init(path: FilePath) throws {
    file = path.string
    let value = try JSONValue.parse(
      ReadOnlyFile(path: path).readAll(limit: 4 << 20), file: path.string, maxValues: JSONValue.modestCount)
    guard value.members != nil else {
      throw AdapterError.config(file: path.string, field: "the whole", expected: "an object", found: value.typeName)
    }
    for field in ["use_rslora", "use_dora", "use_qalora", "fan_in_fan_out", "lora_bias"] {
      _ = try Self.flag(value, field, path.string)
    }
    try AdapterConfig.refuse(value, path.string)
    guard let rank = value["r"]?.intValue, (1...65536).contains(rank) else {
      throw AdapterError.config(
        file: path.string, field: "r", expected: "a rank from 1 on", found: Self.text(value["r"]))
    }
    guard let alpha = value["lora_alpha"]?.doubleValue, alpha.isFinite else {
      throw AdapterError.config(
        file: path.string, field: "lora_alpha", expected: "a number", found: Self.text(value["lora_alpha"]))
    }
    (self.rank, self.alpha) = (rank, alpha)
    isRankStabilized = try Self.flag(value, "use_rslora", path.string)
    hasMagnitudes = try Self.flag(value, "use_dora", path.string)
    rankPattern = try Self.patterns(value, "rank_pattern", path.string)
    alphaPattern = try Self.patterns(value, "alpha_pattern", path.string)
    targets = try Self.targets(value["target_modules"], path.string)
    parameters = try Self.names(value, "target_parameters", path.string)
    modulesToSave = try Self.names(value, "modules_to_save", path.string)
    layers = try Self.layers(value, path.string)
    hasExclusions = !Self.isVoid(value["exclude_modules"])
    base = value["base_model_name_or_path"]?.stringValue
  }

  /// Rank of a module's factors.
  func rank(of module: String) -> Int {
    rankPattern.first { $0.pattern.matchesEnd(of: module) }.map { Int($0.value) } ?? rank
  }

  /// What the product of a module's factors is multiplied by.
  func scale(of module: String, rank: Int) -> Double {
    let alpha = alphaPattern.first { $0.pattern.matchesEnd(of: module) }?.value ?? alpha
    return alpha / (isRankStabilized ? Double(rank).squareRoot() : Double(rank))
  }

  /// Whether the configuration says that a module has factors.
  func targets(_ module: String) -> Bool {
    if let layers, let layer = AdapterConfig.layer(of: module), !layers.contains(layer) { return false }
    switch targets {
    case .any: return true
    case .pattern(let pattern): return pattern.matches(module)
    case .names(let names): return names.contains { AdapterConfig.ends(module, with: $0) }
    }
  }

  /// Whether the configuration says that a tensor is kept whole. Embeddings are, without being asked, when the vocabulary
  /// was changed.
  func saves(_ tensor: String) -> Bool {
    (modulesToSave + ["embed_tokens", "lm_head"]).contains { AdapterConfig.holds($0, tensor) }
  }

  /// Whether a tensor is one of a module in `modules_to_save`.
  static func holds(_ saved: String, _ tensor: String) -> Bool {
    ends(tensor.split(separator: ".").dropLast().joined(separator: "."), with: saved)
  }

  static func ends(_ module: String, with name: String) -> Bool { module == name || module.hasSuffix("." + name) }

  static func layer(of module: String) -> Int? {
    let parts = module.split(separator: ".")
    guard let at = parts.firstIndex(of: "layers"), at + 1 < parts.count else { return nil }
    return Int(parts[at + 1])
  }
}
