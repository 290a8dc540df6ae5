import Checkpoint
import Diagnostics
import Readers
import StrictJSON

/// The answer to "does this model have a usable MTP head, where, in which state, and what can I do about it", in words
/// for people and a state for programs.
public struct HeadDiagnosis: Sendable {
  /// The possible states of a head.
  public enum State: String, Sendable, CaseIterable {
    /// Complete, sound, and where readers find it.
    case usable
    /// Sound, but some readers cannot use it, or break over it.
    case misplaced
    /// The head is complete, but its numbers suggest that it is wrong.
    case suspect
    /// The head is there, and not usable as it is.
    case broken
    /// There is no head.
    case absent
  }

  /// The state of the head.
  public let state: State
  /// What it is.
  public let summary: String
  /// What to do, one step a line.
  public let advice: [String]

  /// - Parameters:
  ///   - baseModels: what the model's card names as its base.
  ///   - readers: every reader's verdict; nil when the folder could not be judged.
  init(_ folder: CheckpointFolder, baseModels: [String], readers: ReaderMatrix?) {
    guard folder.headEvidence.isPresent else {
      self = HeadDiagnosis.absent(folder, baseModels)
      return
    }
    do {
      let head = try folder.head(for: folder)
      self = HeadDiagnosis.present(folder, head, readers)
    } catch {
      self = HeadDiagnosis.broken(folder, error)
    }
  }

  private init(_ state: State, _ summary: String, _ advice: [String]) {
    self.state = state
    self.summary = summary
    self.advice = advice
  }

  /// The part `head` of `inspect --json`.
  public var json: JSONValue {
    .object([
      ("state", .string(state.rawValue)), ("summary", .string(summary)),
      ("advice", .array(advice.map { .string($0) })),
    ])
  }

  // MARK: no head

  private static func absent(_ folder: CheckpointFolder, _ baseModels: [String]) -> HeadDiagnosis {
    let pipeline = folder.conversionEvidence == nil ? "" : " and the pipeline graft-only, which keeps every other byte"
    let named = baseModels.first.map { " (its card names \($0))" } ?? ""
    if folder.isCoder {
      return HeadDiagnosis(
        .absent, "no head, and none was ever released for a Coder model",
        [
          "a head of the Instruct or Base model fits in shape only: it needs \"foreign\": true in the manifest, and its acceptance has to be measured",
          "or convert without a head: \"head\": \"none\"",
        ])
    }
    if isPruned(folder) {
      return HeadDiagnosis(
        .absent, "no head: pruned models (REAM, REAP) are released without theirs",
        [
          "name the model that was pruned\(named) as donor\(pipeline): its head keeps all of its experts",
          "mlx-vlm has one num_experts for trunk and head: ask for the layout drafter, which has a configuration of its own",
        ])
    }
    if folder.conversionEvidence != nil {
      return HeadDiagnosis(
        .absent, "no head: mlx-lm and older versions of mlx-vlm drop it when they convert",
        ["name the checkpoint that this was converted from\(named) as donor\(pipeline)"])
    }
    if folder.headEvidence.isBrokenPromise {
      return HeadDiagnosis(
        .absent, "no head, though config.json promises one: tools for fine-tuning drop it when they load a model",
        ["name the model that this was tuned from\(named) as donor"])
    }
    return HeadDiagnosis(
      .absent, "no head, and config.json promises none",
      [
        "if the model that it was tuned from\(named) has one, name that as donor; else convert without: \"head\": \"none\""
      ])
  }

  /// Whether the name says so, or the experts are of a number that no release has: releases have powers of two.
  private static func isPruned(_ folder: CheckpointFolder) -> Bool {
    let name = folder.name.lowercased()
    let experts = folder.table.mixture ? folder.model["E"] : 1
    return ["reap", "ream", "pruned"].contains { name.contains($0) } || experts & (experts - 1) != 0
  }

  // MARK: a head that cannot be used

  private static func broken(_ folder: CheckpointFolder, _ error: any Error) -> HeadDiagnosis {
    let words = Diagnostic.words(error)
    switch error {
    case HeadError.norms(_, let convention, _, let excess, _):
      let isRepairable = (excess > 0) == (convention == .offset)
      let right: NormConvention = convention == .offset ? .gamma : .offset
      return HeadDiagnosis(
        .broken,
        (excess > 0 ? "its norms had 1 added twice" : "its norms never had 1 added")
          + ": it loads, and no draft is accepted",
        isRepairable
          ? [
            "it can be repaired: a manifest with this folder as source, the pipeline graft-only, \"head\": \"keep\" and \"head_norms\": \"\(right.rawValue)\""
          ] : ["take the head from the model's release: \"head\": \"replace\" and a donor"])
    case HeadError.normsUnknown:
      return HeadDiagnosis(
        .broken, "nothing tells whether its norms are offsets or plain factors",
        ["ask where the file comes from, and write \"head_norms\" in the manifest"])
    case HeadError.expertsIncomplete, HeadError.tensorMissing:
      return HeadDiagnosis(
        .broken, words, ["download the missing shards, or take the head from another copy of the model"])
    default:
      return HeadDiagnosis(
        .broken, words, ["take the head from the model's release: \"head\": \"replace\" and a donor"])
    }
  }

  // MARK: a head

  private static func present(_ folder: CheckpointFolder, _ head: Head, _ readers: ReaderMatrix?) -> HeadDiagnosis {
    var summary = "complete: \(head.tally.tensors) tensors"
    if head.isPacked { summary += ", quantized" }
    if let experts = head.ownExperts, !folder.isDrafter {
      summary += ", with \(experts) experts of its own (the trunk has \(folder.model["E"]))"
    }
    if folder.isDrafter {
      return HeadDiagnosis(
        .usable, summary + ", in a drafter's folder",
        ["give it to mlx-vlm as draft model beside its trunk, or name it as donor"])
    }
    let suspicions = (try? folder.headStatistics(for: folder))?.suspicions ?? []
    guard suspicions.isEmpty else {
      return HeadDiagnosis(
        .suspect, summary + "; but " + suspicions.joined(separator: "; "),
        [
          "this is evidence, not proof: verify-runner check FOLDER --min-acceptance 0.3 decodes, and says which repair helps",
          "or take the head from the model's release: \"head\": \"replace\" and a donor",
        ])
    }
    guard folder.conversionEvidence != nil else {
      return HeadDiagnosis(.usable, summary, ["a conversion with cambium keeps it; mlx-lm drops it"])
    }
    let rows = readers?.rows ?? []
    let harmed = rows.filter(\.verdict.word.isHarm)
    let newest = readers?["mlx-vlm>=0.7.8"]
    // Where vllm-mlx finds it, mlx-vlm does not: one of both is what the folder was made for.
    let isForVLLM = newest?.word == .withoutHead && readers?["vllm-mlx"]?.word == .withHead
    if harmed.contains(where: { $0.verdict.reason.contains("mtp.*") })
      || (newest?.word == .withoutHead && !isForVLLM)
    {
      let reasons = harmed.map { "\($0.reader.name) \($0.verdict.word.rawValue)" }
      let found = reasons.isEmpty ? ["mlx-vlm does not find it"] : reasons
      return HeadDiagnosis(
        .misplaced, summary + "; but where it lies, " + found.joined(separator: ", "),
        [
          head.ownExperts == nil
            ? "a manifest with this folder as source and the pipeline graft-only puts it where every reader finds it"
            : "a manifest with this folder as source, the pipeline graft-only and \"layouts\": [\"sidecar\", \"drafter\"] gives it a configuration of its own"
        ])
    }
    if isForVLLM {
      return HeadDiagnosis(
        .usable, summary + "; where it lies vllm-mlx finds it, and mlx-vlm does not",
        [
          "nothing for vllm-mlx; a manifest with this folder as source, the pipeline graft-only and \"layouts\": [\"mtp-folder\", \"drafter\"] gives mlx-vlm a folder of its own"
        ])
    }
    return HeadDiagnosis(
      .usable, summary,
      [
        folder.model.modelType == "qwen3_next"
          ? "nothing: mlx-vlm 0.7.8 and later load it, though up to 0.7.10 they cannot decode with it yet"
          : "nothing: mlx-vlm 0.7.8 and later draft with it"
      ])
  }
}
