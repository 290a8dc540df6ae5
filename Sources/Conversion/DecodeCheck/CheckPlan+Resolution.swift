import Audit
import Checking
import Checkpoint
import Inference
import Manifests
import Planning
import Tokenization

extension CheckPlan {
  /// What headers, configuration and tokenizer tell of a check. The tokenizer is tried as the check will use it: that it is
  /// not covered is known before the weights are converted.
  /// - Throws: `JSONError` and `FileError` for a damaged file of the tokenizer.
  init(_ plan: Plan, _ resolution: Resolution) throws {
    guard resolution.target == .package else {
      self = .none(reason: "a head alone does not decode")
      return
    }
    guard var check = resolution.check else {
      self = .none(
        reason: resolution.leavesCheckOut
          ? "the run was told to leave it out, with --no-check" : "the manifest or the pipeline asks for no check")
      return
    }
    if !Self.hasTokenizer(resolution.source.sidecars.copied) {
      self = .none(reason: "there is no tokenizer.json to make prompts with")
    } else if let refusal = try Self.refusal(plan, resolution) {
      self = .none(reason: refusal.reason)
    } else {
      if plan.head == nil { check.depths = [] }
      check.drafter =
        resolution.drafter.map { DecodeCheck.Drafter(name: $0.decoder, places: $0.places) }
        ?? (plan.head == nil ? .lookup : nil)
      check.sourceObstacle = Self.sourceObstacle(check, resolution)
      check.copiesSource = check.sourceObstacle == nil && resolution.trunk.tensors.contains(where: Self.differsFromFile)
      self = .decode(check)
    }
  }

  /// What the runner does not cover of a package that is asked to be checked; nil when nothing speaks against it.
  static func refusal(_ plan: Plan, _ resolution: Resolution) throws -> CheckRefusal? {
    guard resolution.target == .package, let check = resolution.check else { return nil }
    if let obstacle = LoadedModel.obstacle(resolution.source)?.diagnostic { return CheckRefusal(diagnostic: obstacle) }
    let source = resolution.source
    // The small files of a model that stays elsewhere are not on this machine yet.
    guard source.elsewhere == nil, Self.hasTokenizer(source.sidecars.copied) else { return nil }
    do {
      try CheckRefusal.asked {
        let encoder = PromptEncoder(folder: source.path)
        for prompt in BundledPrompts.spread(check.prompts) { _ = try encoder.encode(prompt) }
        _ = try StopTokens(folder: source.path, tokenizer: encoder.tokenizer())
      }
    } catch let refusal as CheckRefusal {
      return refusal
    }
    return nil
  }

  /// Why the package is not compared with its source; nil when it is.
  private static func sourceObstacle(_ check: DecodeCheck, _ resolution: Resolution) -> String? {
    if !check.comparesSource { return "the manifest or the pipeline does not ask for it" }
    if resolution.source.elsewhere != nil { return "its weights were not on the machine that made the package" }
    return nil
  }

  /// Whether the conversion reads other values than are in the file: codes that the runner does not know, or what an
  /// adapter changes.
  private static func differsFromFile(_ tensor: ResolvedTensor) -> Bool {
    tensor.role != .vision && (tensor.isDequantized || tensor.delta != nil)
  }

  /// Whether there is a tokenizer, in the one file of today or in the two of older releases.
  private static func hasTokenizer(_ files: [String]) -> Bool {
    files.contains("tokenizer.json") || (files.contains("vocab.json") && files.contains("merges.txt"))
  }
}
