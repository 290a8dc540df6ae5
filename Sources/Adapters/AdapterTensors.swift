import Safetensors

/// The tensors of an adapter, put together by the module that they change.
struct AdapterTensors {
  /// What is known of one module at one depth of wrapping.
  struct Factors {
    /// The name with its wrappers, as the configuration's patterns know it.
    let module: String
    let depth: Int
    /// `lora_B` and `lora_A`, or those of an embedding.
    var left: TensorEntry?
    var right: TensorEntry?
    var magnitude: TensorEntry?
    var isEmbedding = false
  }

  /// The factors by the bare name of the module, the outermost wrapper first.
  private(set) var factors: [String: [Factors]] = [:]
  /// Whole tensors, by bare name.
  private(set) var whole: [String: (name: String, entry: TensorEntry)] = [:]

  /// - Throws: ``AdapterError`` for a name of another form, a name that appears twice, and a factor without its partner.
  init(_ file: SafetensorsFile) throws {
    var left: [TensorEntry] = []
    for entry in file.header.tensors {
      guard entry.name.utf8.count <= 512, let name = AdapterTensorName(entry.name) else {
        try AdapterTensors.refuseByName(entry, file.path.string)
        left.append(entry)
        continue
      }
      guard [.bf16, .f16, .f32].contains(entry.dtype) else {
        throw AdapterError.dtype(file: file.path.string, tensor: entry.name, found: entry.dtype.rawValue)
      }
      try add(entry, name, file.path.string)
    }
    if let first = left.first {
      throw AdapterError.unused(file: file.path.string, tensor: first.name, count: left.count)
    }
    guard !factors.isEmpty || !whole.isEmpty else {
      throw AdapterError.incomplete(file: file.path.string, tensor: nil, expected: "tensors", found: "none")
    }
    for factor in factors.values.joined() where factor.left == nil || factor.right == nil {
      throw AdapterError.incomplete(
        file: file.path.string, tensor: (factor.left ?? factor.right ?? factor.magnitude)?.name,
        expected: "both factors of \(factor.module)",
        found: factor.left == nil ? "no lora_B" : "no lora_A")
    }
    for module in factors.keys { factors[module]?.sort { $0.depth < $1.depth } }
  }

  private mutating func add(_ entry: TensorEntry, _ name: AdapterTensorName, _ file: String) throws {
    let bare = AdapterTensorName.bare(name.module)
    func twice(_ other: TensorEntry) -> AdapterError {
      .conflict(file: file, tensor: entry.name, expected: "one tensor for it", found: "\(other.name), too")
    }
    if name.part == .whole {
      if let other = whole[bare] { throw twice(other.entry) }
      whole[bare] = (name.module, entry)
      return
    }
    var list = factors[bare] ?? []
    let at = list.firstIndex { $0.depth == name.depth } ?? list.count
    if at == list.count { list.append(Factors(module: name.module, depth: name.depth)) }
    if name.part == .magnitude {
      if let other = list[at].magnitude { throw twice(other) }
      list[at].magnitude = entry
      factors[bare] = list
      return
    }
    let isLeft = name.part == .left || name.part == .embeddingLeft
    let isEmbedding = name.part == .embeddingLeft || name.part == .embeddingRight
    if let other = isLeft ? list[at].left : list[at].right { throw twice(other) }
    if let other = list[at].left ?? list[at].right, isEmbedding != list[at].isEmbedding { throw twice(other) }
    list[at].isEmbedding = isEmbedding
    if isLeft { list[at].left = entry } else { list[at].right = entry }
    factors[bare] = list
  }

  /// Kinds of adapters that are known and not merged.
  private static func refuseByName(_ entry: TensorEntry, _ file: String) throws {
    let kinds = [
      ("lora_B.bias", "lora_bias"), ("trainable_tokens", "trainable tokens"),
    ]
    guard let (_, what) = kinds.first(where: { entry.name.contains($0.0) }) else { return }
    throw AdapterError.unsupported(
      file: file, tensor: entry.name, what: what,
      next: "merge it with PEFT (merge_and_unload) and name the result as source")
  }
}
