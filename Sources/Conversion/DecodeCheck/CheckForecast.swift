import Checkpoint
import Diagnostics
import Manifests
import Planning
import StrictJSON

/// What a decode check costs at most: every pass of the model reads the weights that it uses once. How long that takes is
/// the memory's speed, or the disk's when the package is larger than the memory.
///
/// A pass over r rows reads, of E experts of which k are chosen for a token, min(E, r·k) at most. A prompt counts as one
/// pass of its own that reads everything; decoding n tokens as n passes, as if every draft were refused; each of these
/// at depth d as one pass over d + 1 rows and d of the head, which reads the output projection too.
struct CheckForecast: Sendable {
  /// Passes of the model, at most.
  let passes: Int
  /// Bytes of weights that they read.
  let bytes: Int

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
    /// Of sizes that are the files' own; the largest Int stands for all that is beyond.
    func times(_ a: Int, _ b: Int) -> Int {
      let product = a.multipliedReportingOverflow(by: b)
      return product.overflow ? .max : product.partialValue
    }
    var (passes, bytes) = (0, 0)
    for depth in [0] + check.depths {
      passes += 1 + check.tokens
      let step = CheckedSum.clamped([pass(rows: depth + 1), times(depth, head + output)])
      bytes = CheckedSum.clamped([bytes, pass(rows: experts), head, times(check.tokens, step)])
    }
    if let drafter = resolution.drafter {
      passes += 1 + check.tokens
      // A block takes one pass of the drafter, a chain one for each place.
      let size = drafter.weights.header.dataSize
      let draft =
        drafter.block == nil
        ? times(drafter.places, CheckedSum.clamped([size, output])) : CheckedSum.clamped([size, output])
      let step = CheckedSum.clamped([pass(rows: drafter.places + 1), draft])
      bytes = CheckedSum.clamped([bytes, pass(rows: experts), size, times(check.tokens, step)])
    }
    self.passes = passes * check.prompts
    self.bytes = times(bytes, check.prompts)
  }

  var json: JSONValue { .object([("passes_at_most", .int(passes)), ("bytes_read_at_most", .int(bytes))]) }
}
