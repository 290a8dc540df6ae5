import Diagnostics

/// What the batched engine can refuse, besides what decoding refuses.
public enum BatchError: CambiumError, Equatable {
  /// A sequence needs more memory than all sequences together may have.
  case memory(needed: Int, budget: Int)
  /// As many sequences wait as may.
  case queue(waiting: Int, most: Int)
  /// The engine takes nothing new: it is being ended.
  case closed
  /// A pass could not be made, so that no sequence that took part can go on.
  case pass(sequences: Int, reason: String)

  public var diagnostic: Diagnostic {
    switch self {
    case .memory(let needed, let budget):
      Diagnostic(
        "E_BATCH_MEMORY", "a sequence needs more memory than there is for all of them",
        expected: "at most \(budget) bytes", found: "\(needed) bytes for its prompt and its limit of tokens",
        next: "ask for fewer tokens, or give the engine more memory", exit: .badInput)
    case .queue(let waiting, let most):
      Diagnostic(
        "E_BATCH_QUEUE", "too many sequences wait", expected: "at most \(most)", found: "\(waiting)",
        next: "ask again when some have ended", exit: .badInput)
    case .closed:
      Diagnostic(
        "E_BATCH_CLOSED", "the engine takes no new sequence", expected: "an engine that goes on",
        found: "one that is being ended", next: "start it again", exit: .badInput)
    case .pass(let sequences, let reason):
      Diagnostic(
        "E_BATCH_PASS", "a pass could not be made", expected: "a pass over \(sequences) sequences", found: reason,
        next: "ask again; the engine goes on with new sequences", exit: .io)
    }
  }
}
