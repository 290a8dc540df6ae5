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
      self = .decode(check)
    }
  }

  /// Whether there is a tokenizer, in the one file of today or in the two of older releases.
  private static func hasTokenizer(_ files: [String]) -> Bool {
    files.contains("tokenizer.json") || (files.contains("vocab.json") && files.contains("merges.txt"))
  }
}
