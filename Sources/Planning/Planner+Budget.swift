import Checkpoint
import Manifests
import Quantization
import Safetensors
import StrictJSON

extension Planner {
  /// Assigns the formats that the budget buys to the tensors that rules just `quantize`.
  /// - Throws: ``SensitivityError``, ``ManifestError``.
  func spendBudget(on tensors: [PlannedTensor]) throws -> (tensors: [PlannedTensor], budget: PlannedBudget?) {
    guard let budget = resolution.budget, let sensitivity = resolution.sensitivity, resolution.target == .package
    else { return (tensors, nil) }
    let file = resolution.manifest.sensitivity?.string ?? ""
    let open = openTensors(tensors)
    let sets = try self.sets(sensitivity, open: open, file: file)
    let candidates = try self.candidates(budget, sensitivity, file: file)
    let items = try sets.map { set in
      let own = set.tensors.compactMap { open[UTF8Name($0)].map { tensors[$0] } }
      let choices = candidates.compactMap { number -> Allocation.Choice? in
        let format = sensitivity.candidates[number]
        guard let cost = set.costs[number], own.allSatisfy({ divides($0.tensor, format) }) else { return nil }
        return Allocation.Choice(
          candidate: number, bytes: own.reduce(0) { $0 + packedBytes($1, format) }, kl: cost.kl)
      }
      let name = set.tensors.first ?? ""
      guard !choices.isEmpty else {
        throw SensitivityError.candidate(
          file: file, tensor: name, expected: "a measured candidate whose groups divide its columns", found: "none")
      }
      return Allocation.Item(name: name, choices)
    }
    var allocation = Allocation(items)
    let elements = open.values.reduce(0) { $0 + tensors[$1].rows * tensors[$1].rowElements }
    let decided = Set(open.values)
    let others = tensors.indices.reduce(0) { $0 + (decided.contains($1) ? 0 : writtenBytes(tensors[$1])) }
    try spend(budget, &allocation, elements: elements, others: others)
    var out = tensors
    let formats = Dictionary(allocation.candidates.map { (UTF8Name($0.name), $0.choice.candidate) }) { first, _ in first
    }
    for set in sets {
      guard let number = formats[UTF8Name(set.tensors.first ?? "")] else { continue }
      for name in set.tensors {
        guard let place = open[UTF8Name(name)] else { continue }
        let old = tensors[place]
        out[place] = PlannedTensor(
          old.tensor, old.origin, .quantize(sensitivity.candidates[number]), rule: old.rule,
          reason: "the budget of \(budget.words) gives it this format")
      }
    }
    return (
      out,
      PlannedBudget(
        limit: budget.words, predictedKL: allocation.kl,
        bitsPerWeight: elements == 0 ? 0 : Double(allocation.bytes) * 8 / Double(elements), bytes: allocation.bytes,
        elements: elements, sensitivity: sensitivity.digest, text: sensitivity.text.digest,
        frontier: allocation.frontier(PlannedBudget.mostPoints),
        uniform: uniform(candidates, sensitivity, sets, open: open, tensors))
    )
  }

  /// The tensors that a budget decides, by name: those of the trunk that a rule just `quantize`s.
  package func openTensors(_ tensors: [PlannedTensor]) -> [UTF8Name: Int] {
    let rules = self.rules
    var open: [UTF8Name: Int] = [:]
    for (number, tensor) in tensors.enumerated() where tensor.origin == .trunk && tensor.format != nil {
      let rule = rules.first { $0.matches(name: tensor.name, role: tensor.tensor.role) }
      if rule?.treatment == .quantize(nil) { open[UTF8Name(tensor.name)] = number }
    }
    return open
  }

  /// The measured sets that the budget decides. Together they have every open tensor.
  private func sets(_ sensitivity: Sensitivity, open: [UTF8Name: Int], file: String) throws -> [Sensitivity.TensorSet] {
    var sets: [Sensitivity.TensorSet] = []
    var covered: Set<UTF8Name> = []
    for set in sensitivity.sets {
      let own = set.tensors.filter { open[UTF8Name($0)] != nil }
      guard let first = own.first else { continue }
      guard own.count == set.tensors.count else {
        let other = set.tensors.first { open[UTF8Name($0)] == nil } ?? ""
        throw SensitivityError.incomplete(
          file: file, tensor: first, found: "measured only together with \(other), which a rule decides")
      }
      covered.formUnion(own.map { UTF8Name($0) })
      sets.append(set)
    }
    let missing = open.keys.filter { !covered.contains($0) }.sorted().map(\.string)
    guard let first = missing.first else { return sets }
    throw SensitivityError.incomplete(
      file: file, tensor: first,
      found: missing.count == 1 ? "nothing of it" : "nothing of it and \(missing.count - 1) more")
  }

  /// What each candidate that fits every set makes of all of them.
  private func uniform(
    _ candidates: [Int], _ sensitivity: Sensitivity, _ sets: [Sensitivity.TensorSet], open: [UTF8Name: Int],
    _ tensors: [PlannedTensor]
  ) -> [PlannedBudget.Uniform] {
    candidates.compactMap { number in
      let format = sensitivity.candidates[number]
      let own = sets.flatMap { $0.tensors.compactMap { open[UTF8Name($0)].map { tensors[$0] } } }
      let costs = sets.compactMap { $0.costs[number]?.kl }
      guard costs.count == sets.count, own.allSatisfy({ divides($0.tensor, format) }) else { return nil }
      return PlannedBudget.Uniform(
        format: format.words,
        point: PlannedBudget.Point(bytes: own.reduce(0) { $0 + packedBytes($1, format) }, kl: costs.reduce(0, +)))
    }
  }

  /// The numbers of the candidates that may be given, in their measured order.
  private func candidates(_ budget: Budget, _ sensitivity: Sensitivity, file: String) throws -> [Int] {
    guard !budget.candidates.isEmpty else { return Array(sensitivity.candidates.indices) }
    return try budget.candidates.map { choice in
      let format = try choice.over(resolution.format)
      guard let number = sensitivity.candidates.firstIndex(of: format) else {
        throw SensitivityError.candidate(
          file: file, tensor: nil, expected: format.words,
          found: sensitivity.candidates.map(\.words).joined(separator: ", "))
      }
      return number
    }.sorted()
  }

  private func spend(_ budget: Budget, _ allocation: inout Allocation, elements: Int, others: Int) throws {
    let (least, most) = allocation.range
    switch budget.limit {
    case .bytes(let bytes):
      guard bytes >= least + others, bytes <= most + others else {
        throw SensitivityError.range(
          place: budget.place, asked: "\(bytes) bytes", least: "\(least + others)", most: "\(most + others) bytes")
      }
      allocation.spend(bytes - others)
    case .bitsPerWeight(let bits):
      let words = { (bytes: Int) in elements == 0 ? "0" : "\(Double(bytes) * 8 / Double(elements))" }
      // The numbers of the message are themselves inside: they may be rounded in the last place.
      let limit = bits * Double(elements) / 8 * (1 + 1e-12)
      guard limit >= Double(least), limit <= Double(most) * (1 + 1e-11) else {
        throw SensitivityError.range(
          place: budget.place, asked: "\(bits) bits a weight", least: words(least), most: words(most))
      }
      allocation.spend(min(most, Int(limit.rounded(.down))))
    case .maxKL(let kl):
      let (worst, best) = allocation.klRange
      guard kl >= best else {
        throw SensitivityError.range(
          place: budget.place, asked: "a KL of \(kl) nats", least: "\(best)", most: "\(worst) nats")
      }
      allocation.reach(kl)
    }
  }

  /// Bytes of codes, scales and biases.
  private func packedBytes(_ tensor: PlannedTensor, _ format: QuantizationFormat) -> Int {
    let elements = tensor.rows * tensor.rowElements
    let width = FloatType(tensor.tensor.valueDType).map { format.scaleByteWidth(input: $0) } ?? 1
    return elements / 8 * format.bits + elements / format.groupSize * width * (format.hasBiases ? 2 : 1)
  }

  /// Bytes of what is written of a tensor that has no place yet.
  private func writtenBytes(_ tensor: PlannedTensor) -> Int {
    switch tensor.verdict {
    case .keep: tensor.tensor.byteCount
    case .cast(let type): tensor.rows * tensor.rowElements * type.byteWidth
    case .quantize(let format): packedBytes(tensor, format)
    }
  }
}
