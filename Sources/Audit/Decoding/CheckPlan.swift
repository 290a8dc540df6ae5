import Checkpoint
import Inference
import Manifests

/// Whether the package's decoding is checked, as far as headers and configuration tell.
enum CheckPlan: Sendable {
  case decode(DecodeCheck)
  /// It is not, because …
  case none(reason: String)

  init(_ resolution: Resolution, _ contents: PlanContents) {
    guard resolution.target == .package else {
      self = .none(reason: "a head alone does not decode")
      return
    }
    guard let check = resolution.check else {
      self = .none(reason: "the manifest or the pipeline asks for no check")
      return
    }
    if contents.head == nil {
      self = .none(reason: "there is no MTP head whose decoding could be compared")
    } else if !resolution.source.sidecars.copied.contains("tokenizer.json") {
      self = .none(reason: "there is no tokenizer.json to make prompts with")
    } else if let obstacle = LoadedModel.obstacle(resolution.source)?.diagnostic {
      self = .none(reason: "\(obstacle.code), \(obstacle.summary)")
    } else {
      self = .decode(check)
    }
  }

  /// The check, when there is one.
  var check: DecodeCheck? { if case .decode(let check) = self { check } else { nil } }

  /// For a terminal.
  var summary: String {
    switch self {
    case .none(let reason): "none: \(reason)"
    case .decode(let check):
      "\(check.prompts) prompts, \(check.tokens) tokens each, depths "
        + check.depths.map(String.init).joined(separator: ", ")
    }
  }
}
