import Checkpoint
import Safetensors

extension AdapterMerge {
  /// Parameters of the experts' module, in the order in which PEFT wraps them: the first is the innermost.
  private static let parameters = [("gate_up_proj", ["gate_proj", "up_proj"]), ("down_proj", ["down_proj"])]

  /// Whether a module holds routed experts, fused or one by one.
  func isExperts(_ module: String) -> Bool { module == "experts" || module.hasSuffix(".experts") }

  /// Adds the products of routed experts (`target_parameters`). All experts' factors of a parameter are one tensor each:
  /// A is `[E * rank, columns]`, expert by expert; B is `[rows, rank * E]`, rank by rank.
  mutating func addExperts(_ factors: [AdapterTensors.Factors], to module: String) throws {
    let targeted = AdapterMerge.parameters.filter { parameter in
      config.parameters.contains {
        AdapterConfig.ends(module + "." + parameter.0, with: $0)
          || AdapterConfig.ends($0, with: module + "." + parameter.0)
      }
    }
    guard isExperts(module), targeted.count == factors.count,
      factors.enumerated().allSatisfy({ $0.offset == $0.element.depth })
    else {
      throw AdapterError.conflict(
        file: file.path.string, tensor: factors.first?.left?.name ?? module,
        expected: "one pair of factors for each of target_parameters",
        found: "\(factors.count) pairs at \(module), target_parameters \(config.parameters)")
    }
    for (parameter, factors) in zip(targeted, factors.reversed()) {
      try add(factors, parameter: parameter.0, parts: parameter.1, to: module)
    }
  }

  private mutating func add(
    _ factors: AdapterTensors.Factors, parameter: String, parts: [String], to module: String
  ) throws {
    guard let left = factors.left, let right = factors.right, !factors.isEmbedding else { return }
    if let magnitude = factors.magnitude {
      throw AdapterError.unsupported(
        file: file.path.string, tensor: magnitude.name, what: "DoRA of experts",
        next: "merge it with PEFT (merge_and_unload) and name the result as source")
    }
    let places = try expertPlaces(parameter, parts, module, left)
    let shapes = places.map { tensors[$0].shape }
    guard let shape = shapes.first, shape.count == 3, shapes.allSatisfy({ $0 == shape }) else {
      throw AdapterError.target(
        file: file.path.string, tensor: left.name, expected: "stacked matrices", found: "\(shapes.first ?? [])")
    }
    let (experts, rows, columns) = (shape[0], shape[1], shape[2])
    let key = factors.module + "." + parameter
    let rank = config.rank(of: key)
    let (ranks, overflow) = rank.multipliedReportingOverflow(by: experts)
    guard !overflow else { return }
    try require(right, [ranks, columns])
    try require(left, [rows * parts.count, ranks])
    for (part, tensor) in places.enumerated() {
      for expert in 0..<experts {
        let product = TensorDelta.Product(
          rank: rank, scale: config.scale(of: key, rank: rank),
          left: .init(entry: left, first: part * rows * ranks + expert, rowStep: ranks, columnStep: experts),
          right: .init(entry: right, first: expert * rank * columns, rowStep: columns, columnStep: 1))
        try put(product, tensor, expert, .productAndSum, left)
      }
    }
  }

  /// The tensors of the package that a fused parameter becomes: from the fused one, or from one an expert.
  private func expertPlaces(
    _ parameter: String, _ parts: [String], _ module: String, _ entry: TensorEntry
  ) throws -> [Int] {
    let fused = modules[module + "." + parameter]
    if fused.count == parts.count { return fused.map(\.tensor) }
    return try parts.map { part in
      // The first expert's weight represents the stack.
      let single = modules["\(module).0.\(part).weight"]
      if let place = single.first, place.matrix != nil { return place.tensor }
      return try place(of: module + "." + parameter, for: entry).tensor
    }
  }
}
