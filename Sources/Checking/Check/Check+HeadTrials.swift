import Inference

extension Check {
  /// Most prompts that are decoded for trials: a defect shows at once.
  private static let prompts = 6

  /// Decodes some prompts with the head as it is and with every repair, at depth 1.
  /// - Throws: `InferenceError`; `CancellationError` when stopped.
  func headTrials(_ prompts: [EncodedPrompt]) throws -> HeadTrials {
    let some = evenly(prompts, Check.prompts)
    let trials = try HeadRepair.allCases.map { HeadTrial($0, share: try share(some, $0)) }
    return HeadTrials(asItIs: try share(some, nil), trials: trials)
  }

  private func share(_ prompts: [EncodedPrompt], _ repair: HeadRepair?) throws -> Double {
    var count = AcceptanceCount()
    for prompt in prompts {
      let rounds = try self.rounds(prompt, repair)
      for round in rounds { count.enter(round, end: prompt.tokens.count + options.limit) }
    }
    return count.share(0) ?? 0
  }

  /// So many of a list, from all over it: prompts of a kind are together.
  private func evenly(_ prompts: [EncodedPrompt], _ most: Int) -> [EncodedPrompt] {
    guard prompts.count > most else { return prompts }
    return (0..<most).map { prompts[$0 * prompts.count / most] }
  }
}
