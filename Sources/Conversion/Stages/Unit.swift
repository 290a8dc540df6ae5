/// A slice of a tensor: the smallest piece of work. A unit that is done is never done again.
struct Unit: Sendable {
  /// Index into the plan's tensors.
  let tensor: Int
  let rows: Range<Int>

  /// Source bytes of a unit. Part of the stage's parameters, not of the memory budget, so that a run with another
  /// budget goes on where this one stopped.
  static let sourceBytes = 4 << 20

  /// All units of a plan, in order.
  static func all(_ tensors: [PlannedTensor]) -> [Unit] {
    tensors.enumerated().flatMap { number, tensor in of(tensor, number) }
  }

  /// The units of one tensor; a tensor without elements has none.
  static func of(_ tensor: PlannedTensor, _ number: Int) -> [Unit] {
    let step = max(1, sourceBytes / max(1, tensor.sourceRowBytes))
    return stride(from: 0, to: tensor.rows, by: step).map {
      Unit(tensor: number, rows: $0..<min($0 + step, tensor.rows))
    }
  }
}

/// The memory that one worker needs, and how many workers a budget allows.
struct MemoryPlan {
  let workers: Int
  let sourceBytes: Int
  let outputBytes: Int

  /// - Throws: ``ConversionError/budgetTooSmall(tensor:needed:budget:)``.
  init(_ tensors: [PlannedTensor], threads: Int, budget: Int) throws {
    var source = 0
    var output = 0
    var largest = ""
    for tensor in tensors where tensor.rows > 0 {
      let step = min(tensor.rows, max(1, Unit.sourceBytes / max(1, tensor.sourceRowBytes)))
      if step * tensor.sourceRowBytes > source {
        source = step * tensor.sourceRowBytes
        largest = tensor.name
      }
      output = max(output, step * (tensor.outputBytes / tensor.rows))
    }
    // Verification widens source and result to f32: at most twice the source each, as no source is narrower than 16 bits.
    let perWorker = source + output + 4 * source
    guard perWorker <= budget else {
      throw ConversionError.budgetTooSmall(tensor: largest, needed: perWorker, budget: budget)
    }
    sourceBytes = source
    outputBytes = output
    workers = max(1, min(threads, budget / max(1, perWorker)))
  }
}
