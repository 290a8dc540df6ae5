import Batching
import Inference
import Testing
import Threads

/// What a pass over many sequences reads.
@Suite struct SharedWeightTests {
  /// Bytes of weights that each step of equal sequences reads, and its rows.
  private func steps(
    _ model: LoadedModel, _ count: Int, _ method: DecodingMethod = .vanilla
  ) throws -> [(bytes: Int, rows: Int)] {
    let passes = SharedPasses(model, pool: WorkerPool(threads: 1))
    let decodings = try (0..<count).map { _ in
      try passes.session(positions: 64).start([3, 1, 4, 1, 5], method, DecodingOptions(limit: 6))
    }
    var steps: [(Int, Int)] = []
    while decodings.contains(where: { !$0.isDone }) {
      let before = passes.weightBytes
      let step = try passes.step(decodings.map { SharedPasses.Turn($0) })
      steps.append((passes.weightBytes - before, step.rows))
    }
    return steps
  }

  /// Equal sequences choose equal experts.
  @Test(arguments: BatchModels.references)
  func `sixteen sequences read as many bytes of weights a step as one, experts among them`(_ name: String) throws {
    let model = try BatchModels.reference(name)
    let (one, many) = (try steps(model, 1), try steps(model, 16))
    #expect(one.count == many.count && one.count == 6)
    #expect(one.map(\.bytes) == many.map(\.bytes))
    #expect(one.map { $0.rows * 16 } == many.map(\.rows))
  }

  @Test(arguments: BatchModels.references)
  func `drafts of sixteen sequences read the head once for each place`(_ name: String) throws {
    let model = try BatchModels.reference(name)
    let (one, many) = (try steps(model, 1, .mtp(depth: 3)), try steps(model, 16, .mtp(depth: 3)))
    #expect(one.count == many.count && !one.isEmpty)
    #expect(one.map(\.bytes) == many.map(\.bytes))
  }
}
