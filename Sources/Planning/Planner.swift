import Checkpoint
import Diagnostics
import Manifests
import Quantization
import Safetensors
import Tokenization

/// Makes the plan: a pure function of what was resolved.
public struct Planner {
  let resolution: Resolution
  /// Most bytes of tensors in one shard, counted as the stock converters count.
  let shardLimit: Int
  private let isPacked: Bool

  /// - Parameters:
  ///   - resolution: What the manifest was resolved to.
  ///   - shardLimit: Bytes of tensors in one weight file.
  public init(_ resolution: Resolution, shardLimit: Int = 5 << 30) {
    self.resolution = resolution
    isPacked = resolution.trunk.isPacked
    self.shardLimit = shardLimit
  }

  /// - Throws: ``ConversionError``, `ManifestError` for rules that do not fit, `SafetensorsError` for sizes that overflow.
  public func plan() throws -> Plan {
    let verdicts = try decide()
    let isKept = resolution.trunk.conversion != nil && keepsTrunk(verdicts.tensors)
    let converted = isKept ? resolution.source : nil
    let (spent, budget) = try spendBudget(on: verdicts.tensors)
    let (decided, feedback) = try settleFeedback(of: spent)
    let layout = WeightLayout(
      shardLimit: shardLimit, target: resolution.target, headFile: WeightLayout.headFile(resolution),
      converted: converted)
    let (weights, tensors) = try layout.place(decided)
    let format = tensors.contains { $0.origin == .trunk && $0.format != nil } ? resolution.format : nil
    return Plan(
      tensors: tensors, dropped: verdicts.dropped, weights: weights, format: format, head: plannedHead(tensors),
      notes: notes(isKept: isKept) + verdicts.notes + [budget?.note, feedback].compactMap { $0 }, keepsSource: isKept,
      budget: budget)
  }

  /// Whether a source that was converted before keeps every byte of its trunk.
  private func keepsTrunk(_ tensors: [PlannedTensor]) -> Bool {
    tensors.allSatisfy { $0.origin == .head || $0.verdict == .keep }
  }

  private func plannedHead(_ tensors: [PlannedTensor]) -> PlannedHead? {
    guard let head = resolution.head, let pairing = resolution.pairing, tensors.contains(where: { $0.origin == .head })
    else { return nil }
    return PlannedHead(
      grafted: resolution.donor != nil, evidence: head.evidence, norms: head.norms, pairing: pairing,
      ownExperts: head.ownExperts, file: WeightLayout.headFile(resolution),
      indexed: resolution.target == .drafter || resolution.manifest.layouts.contains(.indexed),
      sourceCommit: resolution.source.commit, donorCommit: resolution.donor?.commit)
  }

  private func notes(isKept: Bool) -> [String] {
    var notes = resolution.source.notes.map { "source: \($0)" }
    notes += (resolution.donor?.notes ?? []).map { "donor: \($0)" }
    if PackageConfig.namesCode(resolution.source.config) {
      notes.append("auto_map in config.json is left out: it names code, and code is never copied")
    }
    notes += thetaNote(isKept: isKept)
    notes += TokenizerNotes.notes(folder: resolution.source.path)
    if resolution.target == .package,
      MadeTemplate.bytes(folder: resolution.source.path, files: resolution.source.sidecars.copied) != nil
    {
      notes.append(
        "chat_template.json alone has the template: cambium makes chat_template.jinja of it, since tokenizers read no other"
      )
    }
    notes += resolution.source.sidecars.leftOut.map { "\($0.file) is not copied: \($0.reason)" }
    if let evidence = resolution.trunk.conversion {
      notes.append(
        isKept
          ? "the source was converted before (\(evidence)): its tensors keep their bytes"
          : "the source was converted to MLX without quantizing (\(evidence)): its norms are plain factors already")
    } else if resolution.source.lacksTower {
      notes.append(
        "no tensor is named model.visual.*: planned as a text model"
          + (resolution.source.model.hasVision ? ", and vision_config is left out" : ""))
    }
    notes += resolution.adapter?.notes(resolution.trunk.tensors) ?? []
    notes += resolution.drafter?.notes ?? []
    guard let head = resolution.head, let pairing = resolution.pairing else {
      return notes + ["the package has no MTP head"]
    }
    if !wantsHead {
      notes.append("the head is not in the package but in the folder \(PackageTarget.drafter.suffix) beside it")
    }
    if pairing.verdict == .foreign {
      notes.append("the head is foreign: " + pairing.evidence.joined(separator: "; "))
    }
    if let folder = resolution.headFolder, let found = try? folder.headStatistics(for: resolution.source) {
      notes += found.suspicions.map { "the head is suspect: \($0)" }
    }
    if let experts = head.ownExperts {
      notes.append(
        "the head has \(experts) experts, the trunk \(resolution.source.model["E"]): readers with one num_experts for both cannot load it"
          + (resolution.manifest.layouts.contains(.drafter)
            ? " from the package" : "; the layout drafter gives it a configuration of its own")
      )
    }
    return notes
  }

  /// What is to be said of a source that states no `rope_theta`: readers take different ones, and none is likely to be
  /// what the model was trained with.
  private func thetaNote(isKept: Bool) -> [String] {
    let config = resolution.source.config
    guard ModelConfig.theta(in: ModelConfig.text(of: config) ?? config) == nil else { return [] }
    let taken = "transformers takes \(ModelConfig.defaultTheta), mlx-lm another"
    return [
      "config.json states no rope_theta, and \(taken): "
        + (isKept ? "nor does the package" : "the package states that of transformers")
        + "; compare with the model's release"
    ]
  }

  /// Whether the head is part of what is made.
  private var wantsHead: Bool {
    resolution.target == .drafter || resolution.manifest.layouts.contains { $0 != .drafter }
  }

  // MARK: verdicts

  private struct Verdicts {
    var notes: [String] = []
    var tensors: [PlannedTensor] = []
    var dropped: [DroppedTensor] = []
  }

  private func decide() throws -> Verdicts {
    var out = Verdicts()
    let rules = self.rules
    var matched: [[PlannedTensor]] = Array(repeating: [], count: rules.count)
    var dropped = Array(repeating: 0, count: rules.count)
    var firstDropped: [TensorRole: (rule: Rule, tensor: String)] = [:]
    let all =
      resolution.trunk.tensors.map { ($0, TensorOrigin.trunk) }
      + (resolution.head?.tensors.map { ($0, TensorOrigin.head) } ?? [])
    for (tensor, origin) in all {
      guard let number = rules.firstIndex(where: { $0.matches(name: tensor.name, role: tensor.role) }) else {
        throw ManifestError.noRule(
          place: resolution.pipeline.path.string, tensor: tensor.name, role: tensor.role.rawValue)
      }
      if let left = try drop(tensor, origin, rules[number]) {
        try Resolution.requireNoDelta(tensor, rules[number])
        // Vision and head may be left out of a package that is otherwise kept.
        dropped[number] += 1
        if firstDropped[tensor.role] == nil { firstDropped[tensor.role] = (rules[number], tensor.name) }
        out.dropped.append(left)
      } else {
        let planned = try verdict(tensor, origin, rules[number])
        try requireSparing(tensor, origin, rules[number].treatment)
        matched[number].append(planned)
        out.tensors.append(planned)
      }
    }
    // Half a vision tower or half a head is no more loadable than half a trunk.
    for role in [TensorRole.vision, .mtp] {
      let left = out.tensors.count { $0.tensor.role == role }
      guard left > 0, let (rule, tensor) = firstDropped[role] else { continue }
      throw ConversionError.ruleDrops(
        place: rule.place, rule: rule.summary, tensor: tensor,
        role: "\(role.rawValue), of which \(left) tensors stay: drop all of them or none")
    }
    for (number, rule) in rules.enumerated() where rule.mustMatch {
      try requireEffect(rule, on: matched[number], dropped: dropped[number], names: all.map(\.0.name))
      if let note = reach(rule, matched[number]) { out.notes.append(note) }
    }
    out.notes += renamedRules.sorted { $0.key < $1.key }.map { number, rule in
      "\(resolution.manifest.rules[number].summary) names tensors as the source does: it is read as \(rule.words)"
    }
    out.dropped += resolution.trunk.dropped.map {
      DroppedTensor(
        name: $0.tensor, origin: .trunk, rule: "architecture \(resolution.source.model.modelType)", reason: $0.reason,
        bytes: resolution.source[$0.tensor]?.entry.byteCount ?? 0)
    }
    if resolution.head == nil || resolution.donor != nil {
      let reason =
        resolution.donor == nil
        ? "the manifest says head: none"
        : resolution.manifest.head == .replace ? "replaced by the donor's head" : "identical to the donor's head"
      out.dropped += resolution.source.headEvidence.tensors.map {
        DroppedTensor(
          name: $0, origin: .trunk, rule: "manifest head", reason: reason,
          bytes: resolution.source[$0]?.entry.byteCount ?? 0)
      }
    }
    return try forTarget(out)
  }

  /// What of all verdicts belongs to the folder that is made.
  private func forTarget(_ all: Verdicts) throws -> Verdicts {
    var out = all
    switch resolution.target {
    case .package: if !wantsHead { out.tensors.removeAll { $0.origin == .head } }
    case .drafter:
      out.tensors.removeAll { $0.origin == .trunk }
      out.dropped.removeAll { $0.origin == .trunk }
      guard !out.tensors.isEmpty else {
        throw ConversionError.headLayout(
          manifest: resolution.manifest.path, layout: Manifest.HeadLayout.drafter.rawValue, reason: "there is no head")
      }
    }
    return out
  }

  /// A rule of the manifest that does nothing is a mistake: it matches no tensor, or asks to quantize tensors of which
  /// none can be.
  private func requireEffect(_ rule: Rule, on tensors: [PlannedTensor], dropped: Int, names: [String]) throws {
    if tensors.isEmpty && dropped == 0 {
      throw Planner.unused(rule, names)
    }
    let isIdle =
      switch rule.treatment {
      case .quantize: tensors.allSatisfy { $0.format == nil }
      case .cast: tensors.allSatisfy { $0.tensor.packing != nil }
      case .keep, .drop: false
      }
    if isIdle, let first = tensors.first {
      throw ConversionError.ruleStructure(
        place: rule.place, rule: rule.summary, tensor: first.name, reason: first.reason ?? "")
    }
  }

  /// What is to be said of a pattern that names neither head nor tower and matches tensors of them beside the trunk's.
  private func reach(_ rule: Rule, _ tensors: [PlannedTensor]) -> String? {
    guard case .match(let glob) = rule.selector, glob.pattern != "**" else { return nil }
    let parts = [(TensorRole.mtp, "the head", "mtp"), (.vision, "the vision tower", "vision_tower")].compactMap {
      role, words, name -> String? in
      let count = tensors.count { $0.tensor.role == role }
      guard count > 0, count < tensors.count, !glob.pattern.contains(name) else { return nil }
      return "\(count) tensor\(count == 1 ? "" : "s") of \(words)"
    }
    return parts.isEmpty
      ? nil : "\(rule.summary) also decides \(parts.joined(separator: " and ")); language_model.** is the trunk alone"
  }

  private func drop(_ tensor: ResolvedTensor, _ origin: TensorOrigin, _ rule: Rule) throws -> DroppedTensor? {
    guard rule.treatment == .drop else { return nil }
    guard tensor.role == .vision || tensor.role == .mtp else {
      throw ConversionError.ruleDrops(
        place: rule.place, rule: rule.summary, tensor: tensor.name, role: tensor.role.rawValue)
    }
    return DroppedTensor(
      name: tensor.name, origin: origin, rule: rule.summary, reason: rule.why ?? "the rule says drop",
      bytes: tensor.byteCount)
  }

  /// A trunk that was converted before can be completed, not converted again.
  private func requireSparing(_ tensor: ResolvedTensor, _ origin: TensorOrigin, _ treatment: Treatment) throws {
    guard origin == .trunk, let evidence = resolution.trunk.conversion, treatment != .keep, isPacked else { return }
    throw CheckpointError.alreadyConverted(path: resolution.source.path, evidence: evidence)
  }

  private func verdict(_ tensor: ResolvedTensor, _ origin: TensorOrigin, _ rule: Rule) throws -> PlannedTensor {
    if let packing = tensor.packing {
      return PlannedTensor(
        tensor, origin, .keep, rule: rule.summary, reason: "kept: quantized before (\(packing.summary))")
    }
    let type = try floatType(tensor)
    var verdict = Verdict.keep
    var reason = rule.why
    switch rule.treatment {
    case .keep, .drop: break
    case .cast(let target): verdict = target == type ? .keep : .cast(target)
    case .quantize(let choice):
      let format = try choice?.over(resolution.format) ?? resolution.format
      if let obstacle = obstacle(tensor, format) {
        if resolution.manifest.strict, tensor.shape.count >= 2, tensor.settled == .none, !divides(tensor, format) {
          throw ConversionError.ruleStructure(
            place: rule.place, rule: rule.summary, tensor: tensor.name,
            reason: obstacle + ", and the manifest is strict")
        }
        reason = obstacle
      } else {
        verdict = .quantize(format)
      }
    }
    // FP8 with scales beside it is no format of the package's.
    // Nor is what an adapter changes any more what the source has.
    if verdict == .keep, tensor.isDequantized || tensor.delta != nil { verdict = .cast(type) }
    return PlannedTensor(tensor, origin, verdict, rule: rule.summary, reason: reason)
  }

  /// Why a tensor cannot be quantized, or nil.
  private func obstacle(_ tensor: ResolvedTensor, _ format: QuantizationFormat) -> String? {
    guard tensor.shape.count >= 2, tensor.name.hasSuffix(".weight") else { return "kept: not a matrix" }
    let transform = tensor.transform == .none ? tensor.settled : tensor.transform
    guard transform == .none else { return "kept: \(transform.rawValue) tensors are no matrices of a linear layer" }
    guard divides(tensor, format) else {
      return
        "kept: the last dimension \(tensor.shape.last ?? 0) is not a multiple of the group size \(format.groupSize)"
    }
    return nil
  }

  func divides(_ tensor: ResolvedTensor, _ format: QuantizationFormat) -> Bool {
    let columns = tensor.shape.last ?? 0
    return columns > 0 && columns % format.groupSize == 0
  }

  private func floatType(_ tensor: ResolvedTensor) throws -> FloatType {
    guard let type = FloatType(tensor.valueDType) else {
      throw CheckpointError.dtype(
        file: resolution.source.path.string, tensor: tensor.name, expected: "BF16, F16 or F32",
        found: tensor.dtype.rawValue)
    }
    return type
  }
}
