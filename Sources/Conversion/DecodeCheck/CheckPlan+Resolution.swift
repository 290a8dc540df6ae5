import Audit
import Checkpoint
import Inference
import Manifests
import Planning

extension CheckPlan {
  init(_ plan: Plan, _ resolution: Resolution) {
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
    if plan.head == nil, resolution.drafter == nil {
      self = .none(reason: "there is no MTP head whose decoding could be compared")
    } else if !Self.hasTokenizer(resolution.source.sidecars.copied) {
      self = .none(reason: "there is no tokenizer.json to make prompts with")
    } else if let obstacle = LoadedModel.obstacle(resolution.source)?.diagnostic {
      self = .none(reason: "\(obstacle.code), \(obstacle.summary)")
    } else {
      if plan.head == nil { check.depths = [] }
      check.drafter = resolution.drafter.map { DecodeCheck.Drafter(name: $0.decoder, places: $0.places) }
      check.sourceObstacle = Self.sourceObstacle(check, resolution)
      self = .decode(check)
    }
  }

  /// Why the package is not compared with its source; nil when it is.
  private static func sourceObstacle(_ check: DecodeCheck, _ resolution: Resolution) -> String? {
    if !check.comparesSource { return "the manifest or the pipeline does not ask for it" }
    if resolution.source.elsewhere != nil { return "its weights were not on the machine that made the package" }
    return resolution.adapter == nil ? nil : "an adapter was merged into the package, and the source has none"
  }

  /// Whether there is a tokenizer, in the one file of today or in the two of older releases.
  private static func hasTokenizer(_ files: [String]) -> Bool {
    files.contains("tokenizer.json") || (files.contains("vocab.json") && files.contains("merges.txt"))
  }
}
