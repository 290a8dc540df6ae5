import Checking
import Checkpoint
import Diagnostics
import Inference
import Manifests
import Planning
import StrictJSON

/// What a decode check costs at most: every pass of the model reads the weights that it uses once. How long that takes is
/// the memory's speed, or the disk's when the package is larger than the memory.
///
/// Decodings share passes, as many as there is memory for their states. A pass over r rows reads, of E experts of which k
/// are chosen for a token, min(E, r·k) at most. A prompt counts as one separate pass that reads everything; n tokens of
/// decodings at once as n passes, as if every draft were refused: first those without the head, then those at all depths
/// and once more the deepest, with stop tokens. These count as the deepest: each pass over d + 1 rows of each, and d of
/// the head, which reads the output projection too. The comparison with the source is one pass of the package and one of the
/// source.
struct CheckForecast: Sendable {
  /// Passes of the model, at most.
  let passes: Int
  /// Bytes of weights that they read.
  let bytes: Int
  /// Bytes of the copy of the source that is made in the work folder for the comparison, and removed after it; 0 for none.
  let copied: Int

  init(_ check: DecodeCheck, _ plan: Plan, _ resolution: Resolution) {
    let source = resolution.source
    let text = ModelConfig.text(of: source.config) ?? source.config
    let chosen = max(1, text["num_experts_per_tok"]?.intValue ?? 1)
    let experts = max(1, text["num_experts"]?.intValue ?? 1)
    let tied = source.model.tiedEmbeddings
    var (fixed, mixture, output, head) = (0, 0, 0, 0)
    for tensor in plan.tensors {
      switch tensor.tensor.role {
      case .vision: break
      case .mtp: head += tensor.outputBytes
      case .expert: mixture += tensor.outputBytes
      case .lmHead: output += tensor.outputBytes
      // One row of it a token, unless it is the output projection too.
      case .embedding: if tied { output += tensor.outputBytes }
      default: fixed += tensor.outputBytes
      }
    }
    func pass(rows: Int) -> Int {
      let used = rows.multipliedReportingOverflow(by: chosen)
      let share = Double(min(experts, used.overflow ? experts : used.partialValue)) / Double(experts)
      return fixed + output + Int(Double(mixture) * share)
    }
    /// The product of sizes that are the files' own; the largest Int represents all that is beyond.
    func times(_ a: Int, _ b: Int) -> Int {
      let product = a.multipliedReportingOverflow(by: b)
      return product.overflow ? .max : product.partialValue
    }
    let together = CheckForecast.together(check, source)
    var (passes, bytes) = (0, 0)
    var waves = [(decodings: check.prompts, depth: 0, drafts: 0)]
    if let deepest = check.depths.max() {
      waves.append((times(check.prompts, check.depths.count + 1), deepest, deepest))
    }
    // Lookup and made-up drafts, each without stop tokens and with them; neither reads anything to draft.
    if check.draftsByLookup, let lookup = check.drafter { waves.append((times(check.prompts, 4), lookup.places, 0)) }
    for (decodings, depth, drafts) in waves {
      let groups = max(0, decodings - 1) / together + 1
      let rows = times(min(decodings, together), depth + 1)
      let step = CheckedSum.clamped([pass(rows: rows), times(drafts, head + output)])
      let prompt = CheckedSum.clamped([pass(rows: experts), drafts > 0 ? head : 0])
      passes = CheckedSum.clamped([passes, decodings, times(check.tokens, groups)])
      bytes = CheckedSum.clamped([bytes, times(decodings, prompt), times(times(check.tokens, groups), step)])
    }
    if let drafter = resolution.drafter {
      let steps = times(check.prompts, 1 + check.tokens)
      passes = CheckedSum.clamped([passes, steps])
      // A block takes one pass of the drafter, a chain one for each place.
      let size = drafter.weights.header.dataSize
      let draft =
        drafter.block == nil
        ? times(drafter.places, CheckedSum.clamped([size, output])) : CheckedSum.clamped([size, output])
      let step = CheckedSum.clamped([pass(rows: drafter.places + 1), draft])
      let prompt = CheckedSum.clamped([pass(rows: experts), size])
      bytes = CheckedSum.clamped([bytes, times(check.prompts, prompt), times(times(check.prompts, check.tokens), step)])
    }
    if check.sourceObstacle == nil {
      // The text of the comparison is one pass of either model.
      let kept = plan.tensors.filter { $0.tensor.role != .vision && $0.tensor.role != .mtp }.map {
        $0.tensor.isDequantized
          ? times(times($0.rows, $0.rowElements), $0.tensor.valueDType.bits / 8) : $0.tensor.byteCount
      }
      passes = CheckedSum.clamped([passes, 2])
      bytes = CheckedSum.clamped([bytes, pass(rows: experts), CheckedSum.clamped(kept)])
      let vision = plan.tensors.filter { $0.tensor.role == .vision }.map(\.tensor.byteCount)
      copied = check.copiesSource ? CheckedSum.clamped(kept + vision) : 0
    } else {
      copied = 0
    }
    self.passes = passes
    self.bytes = bytes
  }

  /// Prompts of a check are shorter.
  private static let promptTokens = 512

  /// Decodings that there is memory for at once.
  private static func together(_ check: DecodeCheck, _ source: CheckpointFolder) -> Int {
    // What the runner does not cover is not decoded: the number is of no forecast then.
    guard let configuration = try? TextConfiguration(source) else { return 1 }
    let memory = SequenceMemory(
      head: configuration, tokens: promptTokens + check.tokens, promptRows: promptTokens)
    return min(CheckOptions.usualTogether, max(1, CheckOptions.usualMemory / max(1, memory.bytes)))
  }

  var json: JSONValue {
    .object(
      [("passes_at_most", .int(passes)), ("bytes_read_at_most", .int(bytes))]
        + (copied > 0 ? [("source_copy_bytes", .int(copied))] : []))
  }
}
