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
    guard let check = resolution.check else {
      self = .none(reason: "the manifest or the pipeline asks for no check")
      return
    }
    if plan.head == nil {
      self = .none(reason: "there is no MTP head whose decoding could be compared")
    } else if !resolution.source.sidecars.copied.contains("tokenizer.json") {
      self = .none(reason: "there is no tokenizer.json to make prompts with")
    } else if let obstacle = LoadedModel.obstacle(resolution.source)?.diagnostic {
      self = .none(reason: "\(obstacle.code), \(obstacle.summary)")
    } else {
      self = .decode(check)
    }
  }
}
