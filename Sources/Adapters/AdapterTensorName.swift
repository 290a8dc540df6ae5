/// The name of a tensor in an adapter, taken apart: which module it changes, and what it is of the change.
struct AdapterTensorName: Equatable {
  enum Part: String {
    case left = "lora_B"
    case right = "lora_A"
    case embeddingRight = "lora_embedding_A"
    case embeddingLeft = "lora_embedding_B"
    /// DoRA: the length of each row.
    case magnitude = "lora_magnitude_vector"
    /// A tensor of the module itself.
    case whole = "weight"
  }

  /// The module as PEFT knows it, without `base_model.model.`; of a whole tensor, the tensor.
  let module: String
  /// How often PEFT has wrapped the module again: one `base_layer` for each of its parameters that was wrapped later.
  let depth: Int
  let part: Part

  /// - Returns: nil for a name that is none of these.
  init?(_ name: String) {
    var rest = Substring(name)
    while rest.hasPrefix("base_model.model.") { rest = rest.dropFirst("base_model.model.".count) }
    var fields = rest.split(separator: ".", omittingEmptySubsequences: false)
    guard fields.count >= 2, fields.allSatisfy({ !$0.isEmpty }) else { return nil }
    let ends = AdapterTensorName.ends
    if let end = ends.first(where: {
      fields.count > $0.fields.count && fields.suffix($0.fields.count).elementsEqual($0.fields)
    }) {
      fields.removeLast(end.fields.count)
      part = end.part
      var depth = 0
      while fields.last == "base_layer" {
        fields.removeLast()
        depth += 1
      }
      self.depth = depth
    } else {
      guard !fields.contains(where: { $0.hasPrefix("lora_") || $0.hasPrefix("trainable_tokens") }) else { return nil }
      part = .whole
      depth = 0
      // Older releases left the names of the modules that hold the copy.
      for index in fields.indices.reversed() where ["base_layer", "modules_to_save"].contains(fields[index]) {
        fields.remove(at: index)
      }
    }
    guard !fields.isEmpty else { return nil }
    module = fields.joined(separator: ".")
  }

  private static let ends: [(fields: [Substring], part: Part)] = [
    (["lora_A", "weight"], .right), (["lora_B", "weight"], .left), (["lora_A", "default", "weight"], .right),
    (["lora_B", "default", "weight"], .left), (["lora_magnitude_vector"], .magnitude),
    (["lora_magnitude_vector", "weight"], .magnitude), (["lora_magnitude_vector", "default", "weight"], .magnitude),
    (["lora_embedding_A"], .embeddingRight),
    (["lora_embedding_B"], .embeddingLeft), (["lora_embedding_A", "default"], .embeddingRight),
    (["lora_embedding_B", "default"], .embeddingLeft),
  ]

  /// A name without what wrappers put before it, by which adapter and checkpoint are compared: `layers.0.mlp.up_proj`.
  static func bare(_ name: String) -> String {
    var rest = Substring(name)
    while let prefix = ["model.", "language_model."].first(where: { rest.hasPrefix($0) }) {
      rest = rest.dropFirst(prefix.count)
    }
    return String(rest)
  }
}
