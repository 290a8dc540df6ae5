import Batching
import Inference
import Testing
import Threads

/// What is reserved for a sequence is enough for all that it comes to, and not much more.
@Suite struct SequenceMemoryTests {
  /// Bytes held at most in any step, and those that were reserved.
  private func measured(
    _ model: LoadedModel, _ method: DecodingMethod, prompt: Int, limit: Int, chunk: Int
  ) throws -> (held: Int, reserved: Int) {
    let passes = SharedPasses(model, pool: WorkerPool(threads: 1))
    let session = passes.session(promptChunk: chunk, positions: prompt + limit)
    let tokens = Prompt((0..<prompt).map { ($0 * 37 + 11) % 24 })
    let decoding = try session.start(tokens, method, DecodingOptions(limit: limit, draftShortlist: 16))
    var held = session.heldBytes
    while !decoding.isDone {
      try passes.step([SharedPasses.Turn(decoding)])
      held = max(held, session.heldBytes)
    }
    let memory = SequenceMemory(model, method, tokens: prompt + limit, promptRows: min(chunk, prompt))
    return (held, memory.bytes)
  }

  private func check(_ model: LoadedModel, _ methods: [DecodingMethod]) throws {
    for method in methods {
      for (prompt, limit, chunk) in [(1, 0, 256), (1, 40, 256), (70, 12, 256), (300, 5, 256), (300, 5, 7)] {
        let (held, reserved) = try measured(model, method, prompt: prompt, limit: limit, chunk: chunk)
        #expect(held <= reserved, "\(method.name), prompt \(prompt), limit \(limit), chunk \(chunk)")
      }
    }
  }

  @Test func `no decoder comes to more than was reserved`() throws {
    let model = try BatchModels.demo()
    try check(
      model,
      [.vanilla, .lookup(), .mtp(depth: 1), .mtp(depth: 8), .dflash(), .eagle3(depth: 8), .inTurn, .hybrid(.table)])
  }

  @Test(arguments: BatchModels.references)
  func `no architecture comes to more than was reserved`(_ name: String) throws {
    try check(BatchModels.reference(name), [.vanilla, .mtp(depth: 4), .inTurn])
  }

  /// Rows of a picture wait for the head as tokens do, each with numbers of its own.
  @Test(arguments: [1, 7, 256])
  func `a picture longer than many chunks comes to no more than was reserved`(_ chunk: Int) throws {
    let model = try BatchModels.demo()
    let row = (0..<model.configuration.hidden).map { Float($0 % 13 - 6) / 100 }
    let prompt = Prompt(
      Array(repeating: 5, count: 600), embeddings: Dictionary(uniqueKeysWithValues: (4..<596).map { ($0, row) }))
    let request = SequenceRequest(prompt, method: .mtp(depth: 2), limit: 4)
    let passes = SharedPasses(model, pool: WorkerPool(threads: 1))
    let session = passes.session(promptChunk: chunk, positions: 604)
    let decoding = try session.start(prompt, .mtp(depth: 2), DecodingOptions(limit: 4))
    var held = 0
    while !decoding.isDone {
      try passes.step([SharedPasses.Turn(decoding)])
      held = max(held, session.heldBytes)
    }
    #expect(held <= BatchEngine.memory(of: request, model, promptChunk: chunk).bytes)
  }

  @Test func `what the output may be is part of what lookup keeps, and of nothing else`() throws {
    let model = try BatchModels.demo()
    func bytes(_ method: DecodingMethod, _ prediction: Int) -> Int {
      let request = SequenceRequest(
        [1, 2, 3], method: method, limit: 8, prediction: Array(repeating: 7, count: prediction))
      return BatchEngine.memory(of: request, model).bytes
    }
    #expect(bytes(.lookup(), 1000) == bytes(.lookup(), 0) + 64_000)
    #expect(bytes(.mtp(depth: 2), 1000) == bytes(.mtp(depth: 2), 0))
  }

  /// Keys and values of all positions and the states of all layers are all that there is.
  @Test func `without drafts it is what is held, to the part that only drafts need`() throws {
    for name in BatchModels.references {
      let model = try BatchModels.reference(name)
      let (held, reserved) = try measured(model, .vanilla, prompt: 40, limit: 12, chunk: 256)
      #expect(held == reserved, "\(name)")
    }
  }
}
